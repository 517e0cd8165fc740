"""Staging folders that attempts hand to each other: seen by nobody, and cleared after a kill."""

from __future__ import annotations

import signal
import textwrap

import pytest

from tests.e2e.conftest import Project

COPIES = """
    def copy(dependencies, targets):
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())

    def look(name):
        note(name + ":" + "+".join(sorted(os.listdir("out"))))

    def task_copy():
        for name in ("a", "b"):
            yield {"name": name, "file_dep": ["raw.txt"], "targets": [f"out/{name}.txt"],
                   "actions": [copy]}
"""

LOOKERS = {
    "an action": """
        def task_look():
            return {"file_dep": ["out/a.txt", "out/b.txt"], "targets": ["seen/look.txt"],
                    "actions": [(look, ["seen"]), "touch %(targets)s"]}
    """,
    "an uptodate entry": """
        def task_look():
            return {"task_dep": ["copy"], "targets": ["look.txt"], "actions": ["touch %(targets)s"],
                    "uptodate": [lambda: look("seen") or False]}
    """,
    "a teardown": """
        def task_look():
            return {"file_dep": ["raw.txt"], "targets": ["look.txt"],
                    "actions": ["touch %(targets)s"], "teardown": [(look, ["seen"])]}
    """,
    "a late creator": """
        from doit import create_after

        @create_after(executed="copy")
        def task_look():
            look("seen")
            return {"actions": ["true"]}
    """,
}


@pytest.mark.parametrize("looker", LOOKERS)
def test_who_looks_into_a_folder_sees_what_was_built_in_it(project: Project, looker: str) -> None:
    project.write("raw.txt", "raw")
    project.dodo(textwrap.dedent(COPIES) + textwrap.dedent(LOOKERS[looker]))
    project.doit("copy", "look")
    assert "seen:a.txt+b.txt" in project.ran()
    assert not list(project.folder.rglob(".datamake-*"))


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_what_outlives_its_attempt_leaves_no_folder_behind(project: Project, kind: str) -> None:
    project.dodo("""
        import threading

        def wait_for(name):
            while not os.path.exists(name):
                time.sleep(0.01)

        def write(targets):
            staged = pathlib.Path(targets[0])

            def late():
                while staged.exists():  # until it is a.txt
                    time.sleep(0.01)
                time.sleep(0.2)
                (staged.parent / "late.txt").write_text("late")
                note("late")

            wait_for("begun")
            staged.write_text("a")
            threading.Thread(target=late).start()

        def wait(targets):
            pathlib.Path("begun").touch()
            wait_for("ran.log")
            pathlib.Path(targets[0]).write_text("b")

        def task_a():
            return {"targets": ["a.txt"], "actions": [write]}

        def task_b():
            return {"targets": ["b.txt"], "actions": [wait]}
    """)
    project.doit("run", "-P", kind, "-n", "2")
    assert project.ran() == ["late"]
    assert project.files() == ["a.txt", "b.txt", "begun"]


@pytest.mark.parametrize("after", ["a", "b"])
def test_the_next_run_removes_what_was_spare_when_a_run_was_killed(
    project: Project, after: str
) -> None:
    project.write("raw.txt", "raw")
    project.dodo(
        COPIES
        + f"""
    from doit.reporter import ConsoleReporter

    class Killed(ConsoleReporter):
        def add_success(self, task):
            if os.path.exists("kill") and task.name == "copy:{after}":
                look("spare")
                os.kill(os.getpid(), 9)

    DOIT_CONFIG = {{"reporter": Killed}}
    """
    )
    project.write("kill", "")
    project.doit(code=-signal.SIGKILL)
    assert ".datamake-" in project.ran()[0]
    assert list(project.folder.rglob(".datamake-*"))
    (project.folder / "kill").unlink()
    project.doit()
    assert not list(project.folder.rglob(".datamake-*"))
    assert project.read("out/a.txt") == project.read("out/b.txt") == "raw"
    assert project.doit().code == 0
