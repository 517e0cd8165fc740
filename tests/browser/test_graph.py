"""The graph of a project whose stages stand in every way: found, filtered, read, by any means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import Project, wait_until

# Every state but running: raw is fresh, clean was edited, table waits for it, broken fails.
DODO = """
    def copy(dependencies, targets):
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def fail():
        raise ValueError("this never works")

    def task_raw():
        '''Fetch what others publish.'''
        return {"targets": ["raw.csv"], "actions": ["printf 'a,b\\\\n1,2\\\\n' > %(targets)s"]}

    def task_tidy():
        '''Leave out what is wrong.'''
        return {"file_dep": ["raw.csv", "rules.txt"], "targets": ["tidy.csv"], "actions": [copy]}

    def task_table():
        return {"file_dep": ["tidy.csv"], "targets": ["table.csv"], "actions": [copy]}

    def task_broken():
        return {"file_dep": ["raw.csv"], "targets": ["broken.csv"], "actions": [fail]}

    def task_later():
        return {"file_dep": ["raw.csv"], "targets": ["later.csv"], "actions": [copy]}
"""
STATES = {
    "raw": "up to date",
    "tidy": "stale",
    "table": "waits",
    "broken": "failed",
    "later": "ignored",
}


@dataclass(frozen=True)
class Served:
    project: Project
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    project = Project(tmp_path_factory.mktemp("served") / "tables")
    project.dodo(DODO)
    project.write("rules.txt", "1")
    project.doit("-c", code=2)
    project.doit("ignore", "later")
    project.write("rules.txt", "2")
    with serving(project) as address:
        yield Served(project, address)


def opened(visiting: Visiting, served: Served, path: str = "/", **how: bool) -> Visit:
    """Open a page of the graph, and return when it is drawn."""
    visit = visiting(served.address, **how)
    visit.open(path)
    visit.expect_state("raw", "up to date")
    return visit


def zoomed(page: Page) -> float:
    """Return how wide a part of the drawing is seen."""
    box = page.locator("#drawing > svg").get_attribute("viewBox")
    assert box is not None
    return float(box.split()[2])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_state_has_colour_glyph_and_words_that_can_be_read(
    served: Served, visiting: Visiting, dark: bool
) -> None:
    visit = opened(visiting, served, dark=dark)
    for name, state in STATES.items():
        visit.expect_state(name, state)
    page = visit.page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(n) for n in re.findall(r"\d+", ground)) < 3 * 128) is dark
    fills = page.evaluate(
        "[...document.querySelectorAll('g.node.stage')]"
        ".map(one => getComputedStyle(one.querySelector('path')).fill)"
    )
    assert len(set(fills)) == len(STATES)
    assert too_weak(page) == []
    page.locator(visit.stage("broken")).click()
    expect(page.locator("#panel")).to_contain_text("this never works")
    assert too_weak(page) == []
    visit.picture(f"states-{'dark' if dark else 'light'}")


def test_search_by_keyboard_jumps_and_arrows_go_on_to_connected_stages(
    served: Served, visiting: Visiting
) -> None:
    visit = opened(visiting, served)
    page = visit.page
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("TID")
    expect(page.locator("#found [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(visit.stage("tidy"))).to_be_focused()
    expect(page.locator(visit.stage("tidy"))).to_have_class(re.compile("chosen"))
    expect(page.locator("#panel h2")).to_have_text("tidy")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(visit.stage("tidy"))).to_be_focused()

    for key, name in across(page, visit):
        page.keyboard.press(key)
        expect(page.locator(visit.stage(name))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("raw")


def across(page: Page, visit: Visit) -> list[tuple[str, str]]:
    """Return the keys that lead from tidy down to table and back up to raw, as it is drawn."""
    boxes = [page.locator(visit.stage(name)).bounding_box() for name in ("raw", "table")]
    first, last = boxes
    assert first is not None
    assert last is not None
    downwards = abs(last["y"] - first["y"]) > abs(last["x"] - first["x"])
    back, on = ("ArrowUp", "ArrowDown") if downwards else ("ArrowLeft", "ArrowRight")
    return [(on, "table"), (back, "tidy"), (back, "raw")]


def test_the_drawing_is_zoomed_and_moved_by_keys_wheel_buttons_and_mouse(
    served: Served, visiting: Visiting
) -> None:
    visit = opened(visiting, served)
    page = visit.page
    seen = [zoomed(page)]

    def is_now(nearer: bool) -> None:
        assert (zoomed(page) < seen[-1]) is nearer
        seen.append(zoomed(page))

    page.keyboard.press("+")
    is_now(nearer=True)
    page.keyboard.press("-")
    is_now(nearer=False)
    page.get_by_role("button", name="Zoom in").click()
    is_now(nearer=True)
    page.mouse.move(600, 500)
    page.mouse.wheel(0, -300)
    wait_until(lambda: zoomed(page) < seen[-1])
    is_now(nearer=True)

    before = page.locator(visit.stage("tidy")).bounding_box()
    page.mouse.move(700, 850)
    page.mouse.down()
    page.mouse.move(800, 800, steps=4)
    page.mouse.up()
    after = page.locator(visit.stage("tidy")).bounding_box()
    assert before is not None
    assert after is not None
    assert round(after["x"] - before["x"]) == 100
    assert round(after["y"] - before["y"]) == -50
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("button", name="Fit").click()
    for name in STATES:
        expect(page.locator(visit.stage(name))).to_be_in_viewport(ratio=1)


def test_light_or_dark_can_be_chosen_and_is_remembered(served: Served, visiting: Visiting) -> None:
    visit = opened(visiting, served)
    page = visit.page
    dark = "getComputedStyle(document.documentElement).colorScheme"
    for chosen in ("light", "dark"):
        page.locator("#theme").click()
        assert page.evaluate(dark) == chosen
    visit.open("/runs")
    assert page.evaluate(dark) == "dark"
    assert too_weak(page) == []


def test_the_legend_filters_graph_and_list(served: Served, visiting: Visiting) -> None:
    visit = opened(visiting, served)
    page = visit.page
    page.locator('.chip[data-state="failed"]').click()
    page.locator('.chip[data-state="stale"]').click()
    dimmed = {name: state not in ("failed", "stale") for name, state in STATES.items()}
    for name, is_dim in dimmed.items():
        box = page.locator(visit.stage(name))
        if is_dim:
            expect(box).to_have_class(re.compile(r"\bdim\b"))
        else:
            expect(box).not_to_have_class(re.compile(r"\bdim\b"))
    page.get_by_role("button", name="List").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    page.locator('.chip[data-state="stale"]').click()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("broken")
    page.locator('.chip[data-state="failed"]').click()
    expect(page.locator("#rows tr")).to_have_count(len(STATES))


def test_the_list_says_what_the_graph_says(served: Served, visiting: Visiting) -> None:
    visit = opened(visiting, served)
    page = visit.page
    page.get_by_role("button", name="List").click()
    expect(page.locator("#drawing")).to_be_hidden()
    for name, state in STATES.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row.locator(".state")).to_have_text(state)
    expect(page.locator("#rows")).to_contain_text("input changed: rules.txt")
    assert too_weak(page) == []
    visit.picture("list")
    page.get_by_role("link", name="tidy", exact=True).click()
    expect(page).to_have_url(f"{served.address}/stage/tidy")


def test_without_script_the_drawing_and_the_list_are_there(
    served: Served, visiting: Visiting
) -> None:
    visit = visiting(served.address, script=False)
    page = visit.open()
    expect(page.locator(visit.stage("tidy"))).to_be_visible()
    expect(page.locator(visit.stage("tidy"))).to_have_class(re.compile("stale"))
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="tidy", exact=True))
    expect(row).to_contain_text("input changed: rules.txt")


def test_a_phone_shows_all_of_it_in_its_width(served: Served, visiting: Visiting) -> None:
    visit = opened(visiting, served, phone=True)
    page = visit.page
    wide = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(wide)
    for button in page.locator("button:visible, a.button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 38, button.inner_text()
    visit.picture("phone")
    page.locator(visit.stage("broken")).tap()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("this never works")
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    visit.picture("phone-stage")
    page.get_by_role("button", name="Close").tap()
    page.get_by_role("button", name="List").tap()
    expect(page.get_by_role("link", name="broken")).to_be_visible()
    assert page.evaluate(wide)
    visit.picture("phone-list")
    for path in ("/stage/broken", "/runs", "/run/1"):
        visit.open(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(wide), path


def test_two_fingers_zoom(served: Served, visiting: Visiting) -> None:
    visit = opened(visiting, served, phone=True)
    page = visit.page
    before = zoomed(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (180, 500), (210, 500))
    for apart in (30, 60, 90):
        touch("touchMove", (180 - apart, 500), (210 + apart, 500))
    touch("touchEnd")
    wait_until(lambda: zoomed(page) < before)
    assert zoomed(page) < before / 2


def test_a_selection_shows_what_is_around_a_stage(served: Served, visiting: Visiting) -> None:
    visit = visiting(served.address)
    page = visit.open("/?stage=tidy&up=1&down=0")
    visit.expect_state("tidy", "stale")
    expect(page.locator("g.node.stage")).to_have_count(2)
    page.locator('select[name="down"]').select_option("all")
    page.get_by_role("button", name="Show", exact=True).click()
    visit.expect_state("table", "waits")
    page.get_by_role("link", name="Show all stages").click()
    visit.expect_state("broken", "failed")
    page.get_by_label("Files").uncheck()
    expect(page.locator("g.node.file")).to_have_count(0)
    expect(page.locator("g.node.stage")).to_have_count(len(STATES))
