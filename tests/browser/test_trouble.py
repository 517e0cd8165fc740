"""A project without stages, one that was never built, a dodo.py that breaks and is mended."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import Project

ONE = """
    def task_one():
        return {"targets": ["one.txt"], "actions": ["echo 1 > %(targets)s"]}
"""


def test_before_the_first_build_the_page_says_what_to_type(
    project: Project, visiting: Visiting
) -> None:
    project.dodo(ONE)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        visit.expect_state("one", "stale")
        expect(page.locator("#notes")).to_contain_text("Nothing is built yet. Type doit")
        visit.picture("nothing-built")
        visit.open("/runs")
        expect(page.locator("main")).to_contain_text("Nothing was built here yet")
        visit.open()
        project.doit()
        visit.expect_state("one", "up to date")
        expect(page.locator("#notes")).not_to_contain_text("Nothing is built yet")


def test_a_dodo_that_can_not_be_loaded_is_said_and_the_last_graph_stays_greyed(
    project: Project, visiting: Visiting
) -> None:
    project.dodo(ONE)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        visit.expect_state("one", "stale")
        project.dodo(ONE + "\n    import nothing_of_that_name\n")
        note = page.locator('[data-note="error"]')
        expect(note).to_contain_text("The dodo.py can't be loaded")
        expect(note).to_contain_text("nothing_of_that_name")
        expect(page.locator("#canvas")).to_have_class(re.compile("outdated"))
        expect(page.locator(visit.stage("one"))).to_be_visible()
        assert too_weak(page) == []
        visit.picture("broken-dodo")
        project.dodo(ONE.replace("task_one", "task_two"))
        visit.expect_state("two", "stale")
        expect(note).to_have_count(0)
        expect(page.locator("#canvas")).not_to_have_class(re.compile("outdated"))


def test_a_dodo_that_never_could_be_loaded_shows_the_message_alone(
    project: Project, visiting: Visiting
) -> None:
    project.dodo("    this is no Python\n")
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        expect(page.locator('[data-note="error"]')).to_contain_text("dodo.py")
        expect(page.locator("#empty")).to_be_visible()
        project.dodo(ONE)
        visit.expect_state("one", "stale")


def test_a_project_without_stages_says_where_they_come_from(
    project: Project, visiting: Visiting
) -> None:
    project.dodo("\n")
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        expect(page.locator("#empty")).to_contain_text("No stages yet")
        project.dodo(ONE)
        visit.expect_state("one", "stale")


def test_more_stages_than_a_picture_can_hold_are_listed_and_found(
    project: Project, visiting: Visiting
) -> None:
    project.dodo("""
        def creator(number):
            return lambda: {"targets": [f"t{number}"], "actions": ["echo > %(targets)s"]}

        for number in range(2_001):
            globals()[f"task_stage_{number}"] = creator(number)
    """)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        expect(page.locator("#empty")).to_contain_text("2,001 boxes are too many")
        page.get_by_role("button", name="List").click()
        expect(page.locator("#listed")).to_have_text("100 of 2,001 stages")
        page.get_by_role("button", name="Graph", exact=True).click()
        page.keyboard.press("/")
        page.keyboard.type("stage_1999")
        expect(page.locator("#found [role=option]")).to_have_count(1)
        page.keyboard.press("Enter")
        visit.expect_state("stage_1999", "stale")
        expect(page.locator("#panel h2")).to_have_text("stage_1999")
