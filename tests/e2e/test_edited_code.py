"""Code that is edited while it is loaded, or while a run goes on: what ran is what is recorded."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, go_on, wait_for_pause

AN_HOUR = 3600

# `loading` is there while the modules behind lib.first are still to be imported.
DODO = """
    from lib.first import first

    if os.path.exists("slow"):
        pause("load")

    def a(targets):
        if os.path.exists("stop"):
            pause("a")
        pathlib.Path(targets[0]).write_text("a")

    def b(targets):
        from lib.late import late
        pathlib.Path(targets[0]).write_text(f"{first()} {late()} {own()}")

    def own():
        return 1

    def task_a():
        return {"targets": ["a.txt"], "actions": [a]}

    def task_b():
        return {"file_dep": ["a.txt"], "targets": ["b.txt"], "actions": [b]}
"""


@pytest.fixture
def project(project: Project) -> Project:
    dodo(project, DODO)
    project.write("lib/__init__.py", "")
    for name in ("first", "late"):
        project.write(f"lib/{name}.py", module(name, 1))
    return project


def module(name: str, value: int) -> str:
    return f"VALUE = {value}\n\ndef {name}():\n    return VALUE\n"


def age(project: Project) -> None:
    """Make the code older than what Python could confuse with an edit."""
    for name in ("dodo.py", "lib/first.py", "lib/late.py"):
        path = project.folder / name
        written = os.stat(path).st_mtime - AN_HOUR
        os.utime(path, (written, written))


def build_while_edited(project: Project, name: str, options: tuple[str, ...]) -> tuple[int, str]:
    """Build, with a module of lib edited while `a` runs; return the exit code and what was said."""
    project.write("stop", "")
    age(project)
    process = project.start("run", *options)
    wait_for_pause(project, "a")
    project.write(f"lib/{name}.py", module(name, 2))
    go_on(project, "a")
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    (project.folder / "stop").unlink()
    return process.returncode, out


@pytest.mark.parametrize("name", ["lib/first.py", "dodo.py"])
@pytest.mark.parametrize("command", ["run", "accept"])
def test_what_is_saved_while_it_is_loaded_is_refused(
    project: Project, name: str, command: str
) -> None:
    project.write("slow", "")
    age(project)
    process = project.start(command)
    wait_for_pause(project, "load")
    text = project.read(name).replace("VALUE = 1", "VALUE = 2").replace("return 1", "return 2")
    project.write(name, text)
    go_on(project, "load")
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 3
    assert f"{name} was saved while it was loaded" in err
    assert "type the same command again" in err
    assert not project.exists("b.txt")
    (project.folder / "slow").unlink()
    project.doit()
    assert project.read("b.txt") == ("2 1 1" if name == "lib/first.py" else "1 1 2")


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_is_edited_behind_the_load_runs_as_it_was_and_is_stale_then(
    project: Project, options: tuple[str, ...]
) -> None:
    build_while_edited(project, "first", options)
    assert project.read("b.txt") == "1 1 1"
    assert "action changed: lib/first.py:VALUE" in project.doit(*options).out
    assert project.read("b.txt") == "2 1 1"


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_what_is_imported_late_and_was_edited_since_it_was_judged_is_not_recorded(
    project: Project, options: tuple[str, ...]
) -> None:
    code, out = build_while_edited(project, "late", options)
    assert code == 1
    assert "b failed: lib/late.py was edited before b imported it\n" in out
    assert not project.exists("b.txt")
    project.write("lib/late.py", module("late", 1))
    project.doit(*options)
    assert project.read("b.txt") == "1 1 1"
