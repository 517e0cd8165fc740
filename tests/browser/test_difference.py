"""What changed from one run to another, from the page of a run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import Project

DODO = """
    FACTOR = 2

    def scale(dependencies, targets, by=1):
        '''Multiply <b>each</b> number.'''
        numbers = pathlib.Path(dependencies[0]).read_text().split()
        text = "<script>alert(1)</script>" if not numbers else ""
        scaled = [int(number) * FACTOR * by for number in numbers]
        pathlib.Path(targets[0]).write_text(text + " ".join(map(str, scaled)))

    def task_scale(by: int = 1):
        return {
            "file_dep": ["raw"], "targets": ["scaled"], "actions": [(scale, [], {"by": by})]
        }

    def task_total():
        return {"file_dep": ["scaled"], "targets": ["total"], "actions": ["wc scaled > total"]}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("served") / "numbers")
    project.write("raw", "1 2 3")
    project.dodo(DODO)
    project.doit()
    project.write("raw", "1 2 3 4")
    project.doit()
    edited = DODO.replace("* FACTOR * by", "* by + FACTOR").replace("alert(1)", "alert(2)")
    project.dodo(edited)
    project.doit("by=3")
    with serving(project) as address:
        yield address


@pytest.mark.parametrize("how", ["light", "dark", "phone"])
def test_a_run_is_compared_with_the_one_before_and_with_any_other(
    address: str, visiting: Visiting, how: str
) -> None:
    visit = visiting(address, dark=how == "dark", phone=how == "phone")
    width = (PHONE if how == "phone" else DESKTOP)["width"]
    page = visit.open("/stage/scale")
    expect(page.locator("#durations circle")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page = visit.open("/run/3")
    visit.picture(f"run-compare-{how}")
    page.get_by_role("link", name="Compare with the run before").click()
    expect(page).to_have_url(f"{address}/diff/2/3")
    expect(page.locator("h1")).to_have_text("What changed from run 2 to run 3")
    scale = page.get_by_role("region", name="scale")
    for words in ("by=1", "by=3", "argument changed", "action changed", "output changed"):
        expect(scale).to_contain_text(words)
    expect(scale.locator(".diff .add").first).to_contain_text("alert(2)")
    expect(scale.locator(".diff .remove").last).to_contain_text("* FACTOR * by")
    expect(page.get_by_role("region", name="total")).to_contain_text("input changed")
    assert too_weak(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    visit.picture(f"diff-{how}")
    page.goto(f"{address}/run/3")
    page.get_by_label("What changed since run").fill("1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/diff/1/3")
    expect(page.get_by_role("region", name="scale")).to_contain_text("input changed")
    page.get_by_role("link", name="The other way round").click()
    expect(page).to_have_url(f"{address}/diff/3/1")
    expect(page.locator(".diff .remove").first).to_contain_text("alert(2)")
