"""What is proved fresh by whatever way to compare files, of links and folders, after a reboot."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing

import pytest

from tests.e2e.bound import as_nobody
from tests.e2e.conftest import Project
from tests.e2e.looking import ALL, as_planned, build_pages, look, settle


@pytest.fixture
def pages(project: Project) -> Project:
    return build_pages(project)


def test_by_timestamp_what_is_proved_is_left_out_and_a_touch_is_seen(pages: Project) -> None:
    text = pages.read("pyproject.toml")
    line = 'check_file_uptodate = "timestamp"'
    pages.write("pyproject.toml", text.replace("[tool.doit]\n", f"[tool.doit]\n{line}\n"))
    settle(pages)
    assert look(pages).at == []
    os.utime(pages.folder / "raw3.txt", (1_000_000_000, 1_000_000_000))
    assert as_planned(pages) == ["part:3", "page3"]


def test_a_checker_class_is_always_asked_even_under_a_known_name(pages: Project) -> None:
    pages.write(
        "dodo.py",
        pages.read("dodo.py")
        + """
from doit.dependency import FileChangedChecker

class MD5Checker(FileChangedChecker):
    CheckerError = OSError

    def check_modified(self, file_path, file_stat, state):
        return file_stat.st_size != state

    def get_state(self, dep, current_state):
        return os.path.getsize(dep)

DOIT_CONFIG = {"check_file_uptodate": MD5Checker}
""",
    )
    assert "checker changed: content → MD5Checker" in look(pages).said
    looked = look(pages)
    assert looked.at is not None
    assert set(ALL) <= set(looked.at)
    pages.write("raw0.txt", "RAW 0")
    assert look(pages).ran == []
    pages.write("raw0.txt", "raw 10")
    assert look(pages).ran == ["part:0", "page0", "book"]


# Kinds of input


def test_links_count_as_what_they_lead_to(pages: Project) -> None:
    raw = pages.folder / "raw3.txt"
    raw.rename(pages.folder / "real.txt")
    raw.symlink_to("real.txt")
    settle(pages)
    assert look(pages).at == []
    pages.write("real.txt", "other")
    assert as_planned(pages) == ["part:3", "page3"]
    pages.write("another.txt", "another")
    raw.unlink()
    raw.symlink_to("another.txt")
    assert as_planned(pages) == ["part:3", "page3"]


def test_who_reads_a_folder_is_looked_at_with_those_that_make_what_is_in_it(
    project: Project,
) -> None:
    project.dodo(
        """
        def names(dependencies, targets):
            note("names")
            pathlib.Path(targets[0]).write_text(" ".join(sorted(os.listdir(dependencies[0]))))

        def task_names():
            return {"file_dep": ["pages"], "targets": ["names.txt"], "actions": [names]}

        def page(number, targets):
            note(f"page:{number}")
            pathlib.Path(targets[0]).write_text(f"page {number}")

        def task_page():
            for number in range(3):
                yield {"name": number, "targets": [f"pages/{number}.txt"],
                       "actions": [(page, [number])]}
        """
    )
    settle(project, "names")
    assert project.read("names.txt") == "0.txt 1.txt 2.txt"
    assert look(project, "names").at == ["names"]
    (project.folder / "pages/1.txt").unlink()
    looked = look(project, "names")
    assert looked.ran == ["page:1"]
    assert "1 built, 3 up to date" in looked.said
    project.write("pages/mine.txt", "")
    assert as_planned(project, "names") == ["names"]


# Time, boots, other people


def test_what_was_written_through_is_left_out_after_a_reboot_and_else_looked_at(
    pages: Project,
) -> None:
    assert look(pages, BOOT="later").at == []
    path = pages.folder / ".datamake" / "store.sqlite"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("DELETE FROM proof")
        store.execute("UPDATE file SET boot = 'earlier'")
    looked = look(pages, BOOT="later")
    assert looked.at is not None
    assert set(ALL) <= set(looked.at)
    assert looked.ran == []
    assert look(pages, BOOT="later still").at == []


def test_a_proof_is_not_noted_for_a_record_that_somebody_changed_meanwhile(
    pages: Project,
) -> None:
    # The book's command forgets page3, which this very run has found fresh: a second person does.
    dodo = pages.read("dodo.py")
    forget = f"{sys.executable} -m doit forget page3; "
    pages.write("dodo.py", dodo.replace('"echo book', f'"{forget}echo book'))
    pages.write("raw3.txt", "new")
    assert look(pages).ran == ["part:3", "page3", "book"]
    looked = look(pages)
    assert looked.ran == ["page3"]
    assert "never built" in looked.said


def test_who_may_not_write_the_store_has_nothing_to_do_all_the_same(anyones: Project) -> None:
    pages = build_pages(anyones)
    done = as_nobody(pages)
    assert done.stderr == ""
    assert "9 up to date" in done.stdout
