"""More files than fit a picture: the page says that they are left out; who insists sees them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visiting, serving
from tests.browser.contrast import too_weak
from tests.e2e.conftest import Project

DODO = """
    def task_step():
        for n in range(LENGTH):
            yield {{
                "basename": f"s{{n}}", "file_dep": [f"f{{n}}"],
                "targets": [f"f{{n + 1}}"], "actions": ["cp f{{n}} f{{n + 1}}"],
            }}

    LENGTH = {length}
"""


def chain(project: Project, length: int) -> None:
    """Write a project of so many stages in a row, each with a file before it."""
    project.write("f0", "1")
    project.dodo(DODO.format(length=length))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_files_are_left_out_in_words_and_come_back(
    project: Project, visiting: Visiting, dark: bool
) -> None:
    chain(project, 120)
    with serving(project) as address:
        visit = visiting(address, dark=dark)
        page = visit.open()
        visit.expect_state("s119", "stale")
        box, note = page.get_by_label("Files"), page.locator("[data-note=left-out]")
        files = page.locator("g.node.file")
        expect(note).to_contain_text("Files are left out: with all of them there would be 241 box")
        expect(box).not_to_be_checked()
        expect(box).to_be_enabled()
        expect(box).to_have_accessible_description(re.compile("Files are left out"))
        expect(files).to_have_count(0)
        assert too_weak(page) == []
        visit.picture(f"left-out-{'dark' if dark else 'light'}")
        note.get_by_role("button").click()
        expect(files).to_have_count(121)
        expect(note).to_have_count(0)
        expect(box).to_be_checked()
        expect(box).to_be_focused()
        page.reload()
        expect(files).to_have_count(121)
        box.uncheck()
        expect(files).to_have_count(0)
        expect(note).to_have_count(0)
        expect(box).not_to_be_checked()


def test_without_script_a_link_shows_the_files(project: Project, visiting: Visiting) -> None:
    chain(project, 120)
    with serving(project) as address:
        visit = visiting(address)
        visit.open()
        visit.expect_state("s119", "stale")  # it has been looked at
        page = visiting(address, script=False).open()
        page.get_by_role("link", name="Show the files all the same").click()
        expect(page.locator("g.node.file")).to_have_count(121)


def test_more_than_a_picture_can_hold_is_not_offered(project: Project, visiting: Visiting) -> None:
    chain(project, 1_010)
    with serving(project) as address:
        visit = visiting(address)
        page = visit.open()
        note = page.locator("[data-note=left-out]")
        expect(note).to_contain_text("more than 2,000 are not drawn. To see files, find a stage")
        expect(page.get_by_label("Files")).to_be_disabled()
        expect(note.get_by_role("button")).to_have_count(0)
        page.goto(f"{address}/?stage=s500&up=2&down=2")
        expect(page.locator("g.node.file")).to_have_count(6)
        expect(page.get_by_label("Files")).to_be_checked()
        expect(note).to_have_count(0)
