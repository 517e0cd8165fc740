"""The pages of a stage, of runs and of one run: what happened, when, on which worker, and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blake3 import blake3
from playwright.sync_api import expect

from tests.browser.conftest import Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import Project

DODO = """
    import base64

    PNG = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
    )

    def table(targets, rows):
        with open(targets[0], "w") as file:
            file.write("city,people\\n")
            file.writelines(f"<b>city {n}</b>,{n}\\n" for n in range(rows))
        pathlib.Path(targets[1]).write_bytes(PNG)

    def fail(dependencies):
        raise ValueError("no such column: population")

    def task_table(rows: int = 3):
        '''Count people by city.'''
        return {
            "file_dep": ["source.txt"],
            "targets": ["table.csv", "map.png"],
            "actions": [(table, [], {"rows": rows})],
        }

    def task_check():
        return {"file_dep": ["table.csv"], "targets": ["checked"], "actions": [fail]}

    def task_side():
        for n in range(6):
            action = "sleep 0.05; echo > %(targets)s"
            yield {"name": str(n), "targets": [f"side_{n}"], "actions": [action]}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("served") / "people")
    project.dodo(DODO)
    project.write("source.txt", "1")
    project.doit("-n", "2", "-c", code=2)
    for text, rows in (("2", "rows=2"), ("3", "rows=3")):
        project.write("source.txt", text)
        project.doit("table", rows)
    project.dodo(DODO.replace("range(rows))", "range(rows + 1))"))
    with serving(project) as address:
        yield address


def test_a_stage_says_what_it_is_made_of_why_it_is_stale_and_how_long_it_took(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(address)
    page = visit.open("/stage/table")
    expect(page.locator("#standing")).to_contain_text("stale")
    main = page.locator("main")
    for words in ("Count people by city.", "action changed: dodo.py:table", "rows=3", "source.txt"):
        expect(main).to_contain_text(words)
    expect(page.locator(".diff .add")).to_contain_text("range(rows + 1)")
    expect(page.locator(".diff .remove")).to_contain_text("range(rows))")
    expect(page.get_by_role("row").filter(has_text="table.csv").first).to_contain_text("60 B")
    expect(page.get_by_role("link", name="check").first).to_have_attribute("href", "/stage/check")
    expect(page.locator("#durations circle")).to_have_count(3)
    expect(page.locator("tr[id^=attempt]")).to_have_count(3)
    expect(page.locator("tr[id^=attempt] code")).to_have_text(["rows=3", "rows=2", "rows=3"])
    assert too_weak(page) == []
    visit.picture("stage")


def test_a_stage_says_where_its_targets_come_from(address: str, visiting: Visiting) -> None:
    visit = visiting(address)
    page = visit.open("/stage/table")
    card = page.locator("#origins")
    card.locator("summary").first.click()
    outline = card.locator("pre").first
    expect(outline).to_be_visible()
    expect(outline).to_contain_text("made by table in run 3 by ")
    expect(outline).to_contain_text("source.txt")
    expect(outline).to_contain_text(blake3(b"3").hexdigest()[:12])
    assert too_weak(page) == []
    visit.picture("origins")


def test_targets_are_previewed_as_table_and_picture(address: str, visiting: Visiting) -> None:
    visit = visiting(address)
    page = visit.open("/stage/table")
    page.get_by_text("Preview of table.csv").click()
    table = page.locator("details.look").filter(has_text="table.csv").locator("table")
    expect(table.locator("th")).to_have_text(["city", "people"])
    expect(table.locator("td").first).to_have_text("<b>city 0</b>")
    page.get_by_text("Preview of map.png").click()
    picture = page.get_by_role("img", name="Preview of map.png")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 2)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_run_shows_failures_first_and_which_stage_ran_when(
    address: str, visiting: Visiting, dark: bool
) -> None:
    visit = visiting(address, dark=dark)
    page = visit.open("/runs")
    rows = page.locator("main table").last.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text("doit -n 2 -c")
    expect(rows.last).to_contain_text("check")
    assert too_weak(page) == []
    rows.last.get_by_role("link", name="1", exact=True).click()
    expect(page.locator("h1")).to_have_text("Run 1")
    expect(page.locator(".card.trouble")).to_contain_text("no such column: population")
    expect(page.locator("tbody tr").first).to_contain_text("check")
    bars = page.locator("#timeline rect.bar")
    expect(bars).to_have_count(8)
    labels = page.locator("#timeline text")
    expect(labels.filter(has_text="worker 2").first).to_be_visible()
    assert too_weak(page) == []
    visit.picture(f"run-{'dark' if dark else 'light'}")
    page.locator("#timeline a.failed").click()
    expect(page).to_have_url(f"{address}/stage/check")
    expect(page.locator(".card.trouble")).to_contain_text("no such column: population")


def test_what_is_not_there_is_said(address: str, visiting: Visiting) -> None:
    visit = visiting(address)
    for path in ("/stage/nobody", "/run/99", "/log/99", "/nowhere"):
        page = visit.open(path)
        expect(page.locator("h1")).to_have_text("There is nothing here")
    visit.troubles[:] = [one for one in visit.troubles if "404" not in one]
