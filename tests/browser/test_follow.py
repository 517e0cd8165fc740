"""A page that is open while somebody builds: it shows each change without being loaded again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visiting, building, serving
from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo, go_on, wait_for_pause

NUMBER = re.compile("^[1-9][0-9]*$")

TWO_STEPS = """
    def write(targets):
        print("the first line")
        pause("first")
        pathlib.Path(targets[0]).write_text(turn())

    def read(dependencies, targets):
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def task_first():
        '''Write what it is told to.'''
        return {"targets": ["first.txt"], "file_dep": ["turn"], "actions": [write]}

    def task_second():
        return {"file_dep": ["first.txt"], "targets": ["second.txt"], "actions": [read]}
"""


def test_the_graph_follows_a_build_from_stale_to_up_to_date_without_reload(
    project: Project, visiting: Visiting
) -> None:
    dodo(project, TWO_STEPS)
    project.write("turn", "1")
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        visit.expect_state("first", "stale")
        visit.expect_state("second", "stale")
        page.evaluate("window.loadedOnce = true")

        with building(project):
            wait_for_pause(project, "first")
            visit.expect_state("first", "running")
            expect(page.locator("#building")).to_contain_text("first")
            expect(page.locator('.chip[data-state="running"]')).to_contain_text("1")
            visit.picture("running")
            go_on(project, "first")

        visit.expect_state("first", "up to date")
        visit.expect_state("second", "up to date")
        expect(page.locator("#building")).to_be_hidden()
        expect(page.locator('.chip[data-state="up to date"]')).to_contain_text("2")

        project.write("turn", "2")
        visit.expect_state("first", "stale")
        visit.expect_state("second", "waits")
        assert page.evaluate("window.loadedOnce") is True


def test_a_failure_turns_red_and_shows_the_last_lines_of_its_log(
    project: Project, visiting: Visiting
) -> None:
    project.dodo("""
        def fail(targets):
            for number in range(100):
                print("line", number)
            raise ValueError("the 100th line is too much")

        def task_broken():
            return {"targets": ["broken.txt"], "actions": [fail]}

        def task_fine():
            return {"targets": ["fine.txt"], "actions": ["echo 1 > %(targets)s"]}
    """)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        visit.expect_state("broken", "stale")
        project.doit("-c", code=2)
        visit.expect_state("broken", "failed")
        visit.expect_state("fine", "up to date")
        box = page.locator(visit.stage("broken")).locator("path").first
        red, green, blue = (int(n) for n in re.findall(r"\d+", box.evaluate(FILL))[:3])
        assert red > 150
        assert max(green, blue) < 60

        corner = page.locator('#building .failure[data-stage="broken"]')
        expect(corner).to_contain_text("broken failed")
        expect(corner.locator("pre")).to_contain_text("line 99")
        expect(page.locator("#notes")).to_be_empty()
        visit.picture("failed")
        page.locator(visit.stage("broken")).click()
        panel = page.locator("#panel")
        expect(panel).to_contain_text("the 100th line is too much")
        expect(panel.locator("pre.log")).to_contain_text("line 99")
        expect(panel.locator("pre.log")).not_to_contain_text("line 10\n")
        expect(page.locator("#building")).to_be_hidden()
        visit.picture("failed-stage")


FILL = "shape => getComputedStyle(shape).fill"


def test_the_log_of_a_running_stage_grows_on_its_page(project: Project, visiting: Visiting) -> None:
    dodo(
        project,
        """
        def talk(targets):
            print("before", flush=True)
            pause("one")
            print("between", flush=True)
            pause("two")
            pathlib.Path(targets[0]).touch()

        def task_talk():
            return {"targets": ["talk.txt"], "actions": [talk]}
        """,
    )
    with serving(project) as address:
        with building(project):
            wait_for_pause(project, "one")
            visit = visiting(address)
            page = visit.open()
            visit.expect_state("talk", "running")
            visit.open("/stage/talk")
            log = page.locator("#live-log")
            expect(log).to_contain_text("before")
            expect(log).not_to_contain_text("between")
            go_on(project, "one")
            expect(log).to_contain_text("between")
            wait_for_pause(project, "two")
            go_on(project, "two")
        expect(page.locator("#standing")).to_contain_text("up to date")
        expect(page.locator("tr[id^=attempt]")).to_have_count(1)


def test_a_page_whose_server_went_away_says_so_and_follows_the_next_one(
    project: Project, visiting: Visiting
) -> None:
    project.dodo("""
        def task_one():
            return {"targets": ["one.txt"], "actions": ["echo 1 > %(targets)s"]}
    """)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        visit.expect_state("one", "stale")
        expect(page.locator("#live")).to_have_attribute("data-live", "on")
    expect(page.locator("#live")).to_have_attribute("data-live", "off")
    project.doit()
    port = address.rpartition(":")[2]
    with serving(project, "--port", port):
        expect(page.locator("#live")).to_have_attribute("data-live", "on")
        visit.expect_state("one", "up to date")
    # The browser itself complains that nobody listens.
    visit.troubles[:] = [one for one in visit.troubles if "ERR_" not in one]


def test_the_timeline_of_a_run_shows_which_worker_is_at_work(
    project: Project, visiting: Visiting
) -> None:
    dodo(
        project,
        """
        def wait(targets, name):
            pause(name)
            pathlib.Path(targets[0]).write_text("1")

        def task_one():
            return {"targets": ["one.txt"], "actions": [(wait, [], {"name": "one"})]}

        def task_two():
            return {"targets": ["two.txt"], "actions": [(wait, [], {"name": "two"})]}
        """,
    )
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open("/runs")
        with building(project, "-n", "2"):
            wait_for_pause(project, "one")
            wait_for_pause(project, "two")
            now = page.locator("#now tbody tr")
            expect(now).to_have_count(2)
            for row in (0, 1):
                expect(now.nth(row).locator("[data-label=worker]")).to_have_text(NUMBER)
            visit.picture("runs-now")
            page.goto(f"{address}/run/1")
            words = page.locator("#timeline text")
            for worker in ("worker 1", "worker 2"):
                expect(words.filter(has_text=worker)).to_have_count(1)
            expect(page.locator("#timeline a.running")).to_have_count(2)
            visit.picture("run-now")
            go_on(project, "one")
            go_on(project, "two")
        expect(page.locator("#timeline a.fresh")).to_have_count(2)
        expect(words.filter(has_text="worker 2")).to_have_count(1)
