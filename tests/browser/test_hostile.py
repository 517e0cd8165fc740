"""Names, docs, file names and log lines that are markup and script: shown, and run by nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visiting, serving
from tests.e2e.conftest import Project

NAME = "<script>alert(1)</script>"
QUOTED = "\"'><svg onload&alert(2)>`${alert(3)}`"
MARKUP = '<img src=x onerror="alert(4)"><svg onload=alert(5)>'
FILE = "<b onmouseover=alert(6)>.txt"

DODO = f"""
    MARKUP = {MARKUP!r}

    def fail(targets):
        print(MARKUP)
        print("\\x1b]8;;javascript:alert(7)\\x07link\\x1b]8;;\\x07 ", end="")
        print("\\x1b[31mred\\x1b[0m \\u202edrawkcab")
        raise ValueError(MARKUP)

    def task_hostile():
        yield {{
            "basename": {NAME!r},
            "doc": MARKUP,
            "targets": [{FILE!r}],
            "actions": [(fail, [])],
        }}
        yield {{
            "basename": {QUOTED!r},
            "doc": MARKUP,
            "file_dep": [{FILE!r}],
            "targets": ["fine.txt"],
            "actions": ["echo 1 > %(targets)s"],
        }}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("<i>hostile"))
    project.dodo(DODO)
    project.doit(code=2)
    with serving(project) as address:
        yield address


def watched(visiting: Visiting, address: str) -> Page:
    """Return a page in which whatever runs, or comes to be markup, is trouble."""
    visit = visiting(address)
    visit.page.on("dialog", lambda dialog: visit.troubles.append(f"script ran: {dialog.message}"))
    return visit.page


def test_nothing_of_it_runs_or_becomes_markup(address: str, visiting: Visiting) -> None:
    page = watched(visiting, address)
    page.goto(address)
    boxes = page.locator("g.node.stage")
    expect(boxes).to_have_count(2)
    expect(boxes.first.locator(".name")).to_contain_text("<script>")
    boxes.first.click()
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text(NAME)
    expect(panel.locator(".doc")).to_have_text(MARKUP)
    expect(panel).to_contain_text(f"ValueError: {MARKUP}")
    expect(panel).to_contain_text(FILE)
    page.keyboard.press("/")
    page.keyboard.type("alert")
    expect(page.locator("#found [role=option]")).to_have_count(2)
    expect(page.locator("#found")).to_contain_text(NAME)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="List").click()
    expect(page.locator("#rows")).to_contain_text(QUOTED)
    is_clean(page)

    page.get_by_role("link", name=NAME).click()
    expect(page.locator("h1")).to_have_text(NAME)
    expect(page.locator("main")).to_contain_text(f"ValueError: {MARKUP}")
    is_clean(page)
    page.locator('a[href^="/run/"]').first.click()
    expect(page.locator("#timeline text.label").first).to_contain_text("<script>")
    expect(page.locator("main")).to_contain_text(MARKUP)
    is_clean(page)


def test_a_log_is_text_without_what_steers_a_terminal(address: str, visiting: Visiting) -> None:
    page = watched(visiting, address)
    page.goto(f"{address}/log/1")
    log = page.locator("#log")
    expect(log).to_contain_text(MARKUP)
    expect(log).to_contain_text("link red")
    expect(log).to_contain_text("\\u202edrawkcab")
    is_clean(page)


def is_clean(page: Page) -> None:
    """Fail if the page has a script, a picture or a handler that is not its own."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(one =>
          one.tagName === "IMG" || one.tagName === "I" ||
          one.tagName === "B" && one.hasAttributes() ||
          one.tagName === "SCRIPT" && !one.src.startsWith(location.origin + "/static/") ||
          [...one.attributes].some(a => a.name.startsWith("on") || /javascript:/i.test(a.value))
        ).map(one => one.outerHTML)"""
    )
    assert found == []


def test_the_policy_refuses_script_and_style_that_got_into_a_page(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(address)
    page = visit.open()
    expect(page.locator("g.node .badge").first).to_be_visible()
    page.evaluate(
        """() => {
          const planted = "<p id=planted onclick='window.ran=1' style='color: red'>x</p>";
          document.body.insertAdjacentHTML("beforeend", planted);
          const script = document.createElement("script");
          script.textContent = "window.ran = 2";
          document.body.append(script);
          document.getElementById("planted").click();
        }"""
    )
    assert page.evaluate("window.ran") is None
    refused = [one for one in visit.troubles if "Content Security Policy" in one]
    assert len(refused) >= 2
    visit.troubles[:] = [one for one in visit.troubles if one not in refused]
