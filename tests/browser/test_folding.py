"""A thousand sub-tasks: one box, that says how they stand, opens, and leads to each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visiting, serving
from tests.e2e.conftest import Project

DODO = """
    def write(targets):
        pathlib.Path(targets[0]).write_text("1")

    def task_simulate():
        '''Simulate one seed.'''
        for seed in range(1000):
            yield {"name": f"seed_{seed:03}", "targets": [f"out/{seed:03}"], "actions": [write]}

    def task_summary():
        outputs = [f"out/{seed:03}" for seed in range(1000)]
        return {"file_dep": outputs, "targets": ["summary"], "actions": [write]}

    def task_fit():
        '''Fit one model to all simulations.'''
        for model in range(60):
            yield {
                "name": f"model_{model}",
                "file_dep": ["summary"],
                "targets": [f"fit/{model}"],
                "actions": [write],
            }

    def task_report():
        fits = [f"fit/{n}" for n in range(60)]
        return {"file_dep": fits, "targets": ["report"], "actions": [write]}
"""
SIMULATE = 'g.node[data-group="simulate"]'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = Project(tmp_path_factory.mktemp("served") / "simulations")
    project.dodo(DODO)
    project.doit()
    for seed in ("007", "123", "999"):
        (project.folder / "out" / seed).unlink()
    with serving(project) as address:
        yield address


def opened(visiting: Visiting, address: str, path: str = "/", **how: bool) -> Visit:
    visit = visiting(address, **how)
    visit.open(path)
    visit.expect_state("report", "waits")
    return visit


def test_a_thousand_sub_tasks_are_one_box_that_counts_them(
    address: str, visiting: Visiting
) -> None:
    visit = opened(visiting, address)
    page = visit.page
    box = page.locator(SIMULATE)
    expect(box).to_have_attribute("data-state", "stale")
    expect(box.locator(".caption")).to_have_text("1,000; 3 stale")
    expect(page.locator("g.node.group")).to_have_count(2)
    expect(page.locator('.chip[data-state="stale"]')).to_contain_text("3")
    box.click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("1,000 sub-tasks")
    stale = panel.get_by_role("button", name=re.compile(r"seed_.*, stale"))
    expect(stale).to_have_count(3)
    visit.picture("folded")
    stale.first.click()
    expect(panel.locator("h2")).to_have_text("simulate:seed_007")
    expect(panel).to_contain_text("target missing: out/007")


def test_a_folded_sub_task_is_found_by_its_name(address: str, visiting: Visiting) -> None:
    visit = opened(visiting, address)
    page = visit.page
    page.keyboard.press("/")
    page.keyboard.type("seed_123")
    expect(page.locator("#found [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("simulate:seed_123")
    expect(page.locator(SIMULATE)).to_have_class(re.compile("chosen"))
    page.get_by_role("link", name="Only what is around it").click()
    visit.expect_state("simulate:seed_123", "stale")
    expect(page.locator(SIMULATE)).to_have_count(0)


def test_a_group_that_is_not_too_large_unfolds(address: str, visiting: Visiting) -> None:
    visit = opened(visiting, address)
    page = visit.page
    page.locator('g.node[data-group="fit"]').focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Unfold in the graph").click()
    visit.expect_state("fit:model_59", "waits")
    expect(page.locator('g.node[data-stage^="fit:"]')).to_have_count(60)
    visit.picture("unfolded")
    page.get_by_role("link", name="Fold again").click()
    expect(page.locator('g.node[data-group="fit"]')).to_be_visible()


def test_the_list_has_all_of_them_a_hundred_at_a_time(address: str, visiting: Visiting) -> None:
    visit = opened(visiting, address)
    page = visit.page
    page.get_by_role("button", name="List").click()
    expect(page.locator("#rows tr")).to_have_count(100)
    expect(page.locator("#listed")).to_have_text("100 of 1,062 stages")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#rows tr")).to_have_count(200)


def test_a_run_shows_a_thousand_sub_tasks_in_one_row_that_opens(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(address)
    page = visit.open("/run/1")
    alike = page.locator("details.alike")
    expect(alike).to_have_count(2)
    first = alike.filter(has=page.locator("summary", has_text="simulate:*"))
    expect(first.locator("summary")).to_contain_text("1,000 sub-tasks, never built")
    row = first.get_by_role("link", name="simulate:seed_000", exact=True)
    expect(row).to_be_hidden()
    visit.picture("run-folded")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row).to_be_visible()
    expect(first.locator("tbody tr")).to_have_count(200)
    expect(first).to_contain_text("and 800 more")
    visit.picture("run-unfolded")
