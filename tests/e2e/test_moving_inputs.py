"""Inputs that change while a stage runs: what was read then is not what is there now."""

from __future__ import annotations

from tests.e2e.conftest import DEADLINE_SECONDS, Project
from tests.e2e.waiting import dodo, go_on, staging_folders, wait_for_pause

SLOW = """
    def copy(targets):
        text = turn()
        note(text)
        pathlib.Path(targets[0]).write_text(text)
        if text == "first":
            pause("copy")

    def task_copy():
        return {"file_dep": ["turn"], "targets": ["copy.txt"], "actions": [copy]}

    def task_after():
        return {"file_dep": ["copy.txt"], "targets": ["after.txt"],
                "actions": ["cp copy.txt %(targets)s"]}
"""


def test_an_input_edited_meanwhile_is_built_from_again_within_the_run(project: Project) -> None:
    dodo(project, SLOW)
    project.write("turn", "first")
    process = project.start()
    wait_for_pause(project, "copy")
    project.write("turn", "second")
    go_on(project, "copy")
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert project.ran() == ["first", "second"]
    assert "turn changed while it ran: built again" in out
    assert "2 built" in out
    assert project.read("copy.txt") == project.read("after.txt") == "second"
    assert "2 up to date" in project.doit().out
    assert staging_folders(project.folder) == []
    assert not project.exists(".datamake/failed/copy")


def test_an_input_written_again_with_the_same_content_has_not_changed(project: Project) -> None:
    dodo(project, SLOW)
    project.write("turn", "first")
    process = project.start()
    wait_for_pause(project, "copy")
    project.write("turn", "first")
    go_on(project, "copy")
    process.communicate(timeout=DEADLINE_SECONDS)
    assert project.ran() == ["first"]
    assert "2 up to date" in project.doit().out


def test_an_input_removed_meanwhile_is_one_clear_failure(project: Project) -> None:
    dodo(project, SLOW)
    project.write("turn", "first")
    process = project.start()
    wait_for_pause(project, "copy")
    (project.folder / "turn").unlink()
    go_on(project, "copy")
    out, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert "copy failed: turn was removed while copy ran\n" in out
    assert project.files() == []


def test_an_action_that_changes_its_own_input_each_time_fails(project: Project) -> None:
    project.dodo("""
        def count(dependencies, targets):
            note("count")
            with open("counter.txt", "a") as file:
                file.write("x")
            pathlib.Path(targets[0]).write_text("counted")

        def task_count():
            return {"file_dep": ["counter.txt"], "targets": ["a.txt"], "actions": [count]}

        def by_name(dependencies):
            count(dependencies, ["b.txt"])

        def task_by_name():
            return {"file_dep": ["counter.txt"], "targets": ["b.txt"], "actions": [by_name]}

        def beside(dependencies, targets):
            pathlib.Path(targets[0]).write_text("table")
            pathlib.Path(targets[0]).with_name("counter.txt").write_text("1")

        def task_beside():
            return {"file_dep": ["counter.txt"], "targets": ["c.txt"], "actions": [beside]}
    """)
    project.write("counter.txt", "")
    said = project.doit("-c", code=1)
    for name in ("count", "by_name"):
        line = f"counter.txt changes every time while {name} runs: a stage must not change its"
        assert f"\n{name} failed: {line} inputs\n" in said.out
    assert "beside failed: the stage wrote counter.txt, which is its own input\n" in said.out
    assert "3 failed" in said.out
    assert project.ran() == ["count"] * 4
    assert project.files() == ["counter.txt"]
    assert project.read("counter.txt") == "x" * 4


def test_an_action_that_tidies_its_input_once_is_fine(project: Project) -> None:
    project.dodo("""
        def tidy(targets):
            text = pathlib.Path("raw.txt").read_text().strip()
            pathlib.Path("raw.txt").write_text(text)
            pathlib.Path(targets[0]).write_text(text)

        def task_tidy():
            return {"file_dep": ["raw.txt"], "targets": ["a.txt"], "actions": [tidy]}
    """)
    project.write("raw.txt", "  text  ")
    assert "raw.txt changed while it ran: built again" in project.doit().out
    assert "1 up to date" in project.doit().out


def test_a_stage_may_write_into_a_folder_that_it_reads(project: Project) -> None:
    """Its own target there is no part of its input, before or after it is built."""
    project.dodo("""
        def total(targets):
            names = sorted(os.listdir("data"))
            pathlib.Path(targets[0]).write_text(" ".join(n for n in names if "raw" in n))

        def by_name():
            total(["data/deep/by_name.txt"])

        def task_staged():
            return {"file_dep": ["data"], "targets": ["data/total.txt"], "actions": [total]}

        def task_by_name():
            return {
                "file_dep": ["data"], "task_dep": ["staged"],
                "targets": ["data/deep/by_name.txt"], "actions": [by_name],
            }
    """)
    project.write("data/raw1", "1")
    (project.folder / "data" / "deep").mkdir()
    project.doit("staged")
    assert "1 up to date" in project.doit("staged").out
    project.doit("by_name")
    project.write("data/raw2", "2")
    assert "input changed: data" in project.doit("by_name").out
    assert project.read("data/total.txt") == "raw1 raw2"
    assert project.read("data/deep/by_name.txt") == "raw1 raw2"


def test_a_stage_may_read_all_of_the_project(project: Project) -> None:
    project.dodo("""
        def task_pack():
            return {"file_dep": ["."], "targets": ["a/pack.txt"], "actions": ["ls > %(targets)s"]}
    """)
    project.write("a/raw", "1")
    project.doit()
    (project.folder / "a/pack.txt").write_text("edited")
    said = project.doit()
    assert "target changed since it was built" in said.out
    assert "input changed" not in said.out
