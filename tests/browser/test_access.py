"""By keyboard and screen reader: every control has a name, and a renewal takes no place away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visiting, building, serving
from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo, go_on, wait_for_pause

DODO = """
    def make(targets):
        pathlib.Path(targets[0]).write_text("a,b\\n1,2\\n")

    def hold(dependencies, targets):
        pause("held")
        pathlib.Path(targets[0]).write_text(turn())

    def task_made():
        '''Make a table.'''
        return {"targets": ["made.csv"], "actions": [make]}

    def task_held():
        return {"file_dep": ["made.csv", "turn"], "targets": ["held.txt"], "actions": [hold]}
"""
PATHS = ["/", "/#view=list", "/?stage=made&up=1", "/stage/held", "/runs", "/run/2", "/diff/1/2"]

REACHED = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = Project(tmp_path_factory.mktemp("served") / "held")
    dodo(found, DODO)
    for content in ("1", "2"):
        found.write("turn", content)
        go_on(found, "held")
        found.doit()
    return found


@pytest.fixture(scope="module")
def address(project: Project) -> Iterator[str]:
    with serving(project) as address:
        yield address


@pytest.mark.parametrize("path", PATHS)
def test_every_control_has_a_name_and_no_two_things_the_same_id(
    address: str, visiting: Visiting, path: str
) -> None:
    page = visiting(address).open(path)
    if "diff" not in path:
        expect(page.locator("#live[data-live=on]")).to_be_visible()
    controls = page.locator(REACHED).locator("visible=true")
    assert controls.count() > 5
    for control in controls.all():
        expect(control).to_have_accessible_name(re.compile(r"\S"))
    assert page.locator("main").count() == page.locator("[aria-live=polite]#said").count() == 1
    duplicates = page.evaluate(
        "[...document.querySelectorAll('[id]')].map((one) => one.id)"
        ".filter((id, i, all) => all.indexOf(id) !== i)"
    )
    assert duplicates == []


def test_by_keyboard_alone_from_the_top_to_a_stage_and_back(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(address)
    page = visit.open()
    visit.expect_state("made", "up to date")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("g.node:focus").count():
            break
    node = page.locator(visit.stage("made"))
    expect(node).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="made")
    expect(panel).to_be_focused()
    page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(node).to_be_focused()


def focused(page: Page) -> str:
    """Return the text of what has the focus."""
    return str(page.evaluate("document.activeElement.textContent")).strip()


def test_a_run_that_goes_on_takes_no_place_away_and_is_told_when_it_ends(
    project: Project, address: str, visiting: Visiting
) -> None:
    visit = visiting(address)
    stage = visiting(address)
    project.write("turn", "3")
    with building(project):
        wait_for_pause(project, "held")
        page = visit.open("/run/3")
        beside = stage.open("/stage/held")
        expect(page.locator("h1")).to_have_text("Run 3")
        bar = page.locator("#timeline rect.bar")
        took = page.locator("dd[data-since]")
        before = took.text_content()
        expect(took).not_to_have_text(before or "")
        expect(bar).to_have_count(1)
        page.get_by_label("What changed since run").fill("1")
        page.get_by_role("link", name="Compare with the run before").focus()
        beside.locator("summary").first.focus()
        looked_at = focused(beside)
        go_on(project, "held")
    expect(page.locator("#run")).to_have_attribute("data-state", "done")
    expect(page.locator("#said")).to_have_text("Run 3: done")
    assert focused(page) == "Compare with the run before"
    expect(page.get_by_label("What changed since run")).to_have_value("1")
    expect(beside.locator("#said")).to_have_text("held: up to date")
    assert focused(beside) == looked_at
