"""What a run leaves out without a look is what a full look would find fresh."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Project
from tests.e2e.looking import ALL, as_planned, build_pages, look, settle


@pytest.fixture
def pages(project: Project) -> Project:
    return build_pages(project)


def change(name: str, old: str, new: str) -> Callable[[Project], None]:
    """An edit of a source file, whose modules are not compiled again in the same instant."""

    def edit(project: Project) -> None:
        text = project.read(name)
        assert old in text
        (project.folder / name).write_text(text.replace(old, new))

    return edit


def test_with_nothing_to_do_all_is_left_out_and_counted(pages: Project) -> None:
    looked = look(pages)
    assert (looked.at, looked.ran) == ([], [])
    assert re.match(r"9 up to date in", looked.said)


# What somebody changes


EDITS: dict[str, tuple[Callable[[Project], object], list[str]]] = {
    "an input": (change("raw3.txt", "raw", "RAW"), ["part:3", "page3"]),
    "another input": (change("raw1.txt", "raw", "RAW"), ["part:1", "page1", "book"]),
    "a target": (change("part2.txt", "raw", "by hand"), ["part:2"]),
    "a page": (change("page1.txt", "raw", "by hand"), ["page1"]),
    "a target is gone": (lambda at: (at.folder / "part0.txt").unlink(), ["part:0"]),
    "the last target is gone": (lambda at: (at.folder / "book.txt").unlink(), ["book"]),
    "a time": (lambda at: os.utime(at.folder / "raw0.txt"), []),
    "an imported module": (change("helping.py", "[{text}]", "<{text}>"), ALL),
    "a comment": (change("helping.py", "return", "# comment\n    return"), []),
    "a constant": (change("dodo.py", '"cm"', '"mm"'), [*ALL[4:8], "book"]),
    "an argument of one": (change("dodo.py", '""])', '"!" * (number == 2)])'), ["part:2", "page2"]),
    "a command": (change("dodo.py", '"echo book', '"true; echo book'), ["book"]),
    "an order": (
        change("dodo.py", '"page0.txt", "page1.txt"', '"page1.txt", "page0.txt"'),
        ["book"],
    ),
    "one input more": (change("dodo.py", '"page1.txt"]', '"page1.txt", "page3.txt"]'), ["book"]),
    "a target's name": (change("dodo.py", '["book.txt"]', '["bound.txt"]'), ["book"]),
    "a page is forgotten": (lambda at: at.doit("forget", "page2"), ["page2"]),
    "a part is forgotten": (lambda at: at.doit("forget", "part:1"), ["part:1"]),
}


@pytest.mark.parametrize("what", EDITS)
def test_just_what_an_edit_reaches_runs(pages: Project, what: str) -> None:
    edit, runs = EDITS[what]
    edit(pages)
    assert sorted(as_planned(pages), key=ALL.index) == runs


def test_only_what_may_have_changed_is_looked_at(pages: Project) -> None:
    pages.write("raw3.txt", "new")
    looked = look(pages)
    assert looked.at == ["part", "part:3", "page3"]
    assert looked.ran == ["part:3", "page3"]
    assert "2 built, 7 up to date" in looked.said
    # An upstream that makes the same bytes again stops the cascade here too.
    (pages.folder / "part0.txt").unlink()
    looked = look(pages)
    assert looked.at == ["part", "part:0", "page0", "book"]
    assert looked.ran == ["part:0"]
    assert "1 built, 8 up to date" in looked.said


def test_an_ignored_stage_and_what_reads_it_are_passed_over(pages: Project) -> None:
    pages.doit("ignore", "part:1")
    looked = look(pages)
    assert looked.ran == []
    assert all(f"ignored  {name}" in looked.said for name in ("part:1", "page1", "book"))
    pages.write("raw1.txt", "new")
    assert look(pages).ran == []
    pages.doit("forget", "part:1")
    assert as_planned(pages) == ["part:1", "page1", "book"]


def test_a_failed_attempt_is_made_again(pages: Project) -> None:
    pages.write("helping.py", "def marked(text):\n    return 1 // 0\n")
    assert look(pages, "part:0", code=2).ran == ["part:0"]
    # The code is as it was built last, and still the last attempt failed.
    pages.write("helping.py", "def marked(text):\n    return f'[{text}]'\n")
    looked = look(pages)
    assert looked.ran == ["part:0"]
    assert "last attempt failed" in looked.said
    assert look(pages).at == []


def test_an_input_that_is_gone_is_refused(pages: Project) -> None:
    (pages.folder / "raw2.txt").unlink()
    assert "part:2 needs raw2.txt, which is not there" in look(pages, code=3).said


def test_a_settings_change_is_no_proof_for_what_was_built_before(pages: Project) -> None:
    text = pages.read("pyproject.toml")
    pages.write("pyproject.toml", f'{text}\n[tool.datamake]\ndepends_on = ["doit"]\n')
    assert sorted(as_planned(pages), key=ALL.index) == ALL


def test_the_way_in_which_commands_are_written_counts(pages: Project) -> None:
    dodo = pages.read("dodo.py").replace("%(dependencies)s", "{dependencies}")
    dodo = dodo.replace("%(targets)s", "{targets}")
    pages.write("dodo.py", dodo + '\nDOIT_CONFIG = {"action_string_formatting": "both"}\n')
    settle(pages)
    pages.write("dodo.py", dodo + '\nDOIT_CONFIG = {"action_string_formatting": "old"}\n')
    assert "action changed" in pages.doit("run", "--dry-run")
    assert look(pages, code=1).ran == ["book"]


def test_two_functions_on_one_line_are_two(project: Project) -> None:
    dodo = """
        def save(targets, text): pathlib.Path(targets[0]).write_text(text)

        A, B = (lambda targets: save(targets, "a")), (lambda targets: save(targets, "b"))

        def task_first(other: bool = False):
            return {"targets": ["first.txt"], "actions": [B if other else A]}

        def task_second():
            return {"targets": ["second.txt"], "actions": [B]}
    """
    project.dodo(dodo)
    settle(project)
    project.doit("other=yes")
    assert project.read("first.txt") == "b"
    settle(project)
    assert project.read("first.txt") == "a"
    project.dodo(dodo.replace('"b"', '"B"'))
    assert "1 built, 1 up to date" in project.doit()
    assert project.read("second.txt") == "B"


def test_arguments_that_can_not_be_compared_are_looked_at(project: Project) -> None:
    project.dodo(
        """
        class Odd:
            def __eq__(self, other): raise ValueError("ambiguous")
            __hash__ = None

        def make(values, targets):
            note("make")
            pathlib.Path(targets[0]).write_text("made")

        def task_make():
            for number in range(3):
                yield {"name": number, "targets": [f"{number}.txt"], "actions": [(make, [VALUE])]}
        """.replace("VALUE", "Odd()")
    )
    settle(project)
    dodo = project.read("dodo.py")
    project.write("dodo.py", dodo.replace("Odd()", "number"))
    settle(project)
    project.write("dodo.py", dodo)
    assert look(project).ran == ["make"] * 3


def test_paths_that_are_no_list_are_refused_by_name(project: Project) -> None:
    project.dodo(
        """
        class Paths:
            def __bool__(self): raise ValueError("ambiguous")
            def __iter__(self): return iter(["a.txt"])

        def task_make():
            return {"file_dep": Paths(), "targets": ["b.txt"], "actions": ["true"]}
        """
    )
    for _ in range(2):
        said = project.doit(code=3)
        assert "Task 'make' attribute 'file_dep' must be" in said.err
        assert "Traceback" not in said


def test_what_a_stage_writes_undeclared_reaches_those_that_were_fresh_before_it(
    project: Project,
) -> None:
    """As by plain doit, where `use` is looked at behind `fetch`."""
    project.dodo(
        """
        import time

        def fetch():
            pathlib.Path("x.txt").write_text(pathlib.Path("turn").read_text())
            time.sleep(0.2)

        def use(dependencies, targets):
            pathlib.Path(targets[0]).write_text(pathlib.Path("x.txt").read_text())

        def count(dependencies, targets):
            pathlib.Path(targets[0]).write_text("of " + pathlib.Path("y.txt").read_text())

        def task_fetch():
            return {"actions": [fetch]}

        def task_use():
            return {"file_dep": ["x.txt"], "targets": ["y.txt"], "actions": [use]}

        def task_count():
            return {"file_dep": ["y.txt"], "targets": ["z.txt"], "actions": [count]}
        """
    )
    for turn in ("1", "2", "3", "4", "4"):
        project.write("turn", turn)
        said = project.doit()
        assert project.read("z.txt") == f"of {turn}"
    assert "1 built, 2 up to date" in said.out
