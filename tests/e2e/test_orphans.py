"""Targets that were renamed or dropped leave files behind, which are said and can be removed."""

from __future__ import annotations

import os

from tests.e2e.conftest import Project

DODO = """
    def write(targets):
        note("a")
        for target in targets:
            pathlib.Path(target).write_text("made")

    def task_a(n: int = 1):
        return {{"targets": {targets}, "actions": [write]}}
"""


def dodo(project: Project, *targets: str) -> None:
    names = ", ".join(f'f"{target}"' for target in targets)
    project.dodo(DODO.format(targets=f"[{names}]"))


def test_a_renamed_target_leaves_an_orphan_that_clean_removes(project: Project) -> None:
    dodo(project, "out/old.txt")
    project.doit()
    dodo(project, "out/new.txt")
    said = project.doit()
    assert "no task makes out/old.txt any more: `doit clean --orphans`" in said.err
    assert project.doit("clean", "--orphans", "-n").out == "a: would remove out/old.txt\n"
    assert project.doit("clean", "--orphans").out == "a: removed out/old.txt\n"
    assert project.files() == ["out/new.txt"]
    assert project.doit().err == ""


def test_renamed_back_it_is_fresh_and_the_other_is_the_orphan(project: Project) -> None:
    for name in ("old.txt", "new.txt"):
        dodo(project, name)
        project.doit()
    project.ran()
    dodo(project, "old.txt")
    said = project.doit()
    assert "1 up to date" in said.out
    assert "no task makes new.txt any more" in said.err
    assert project.ran() == []
    # As long as it is there, and nothing is looked at but what stat says.
    assert "no task makes new.txt any more" in project.doit().err
    os.remove(project.folder / "new.txt")
    assert project.doit().err == ""


def test_what_another_value_of_a_parameter_made_is_no_orphan(project: Project) -> None:
    dodo(project, "out_{n}.txt")
    project.doit("n=2")
    assert project.doit().err == ""
    project.doit("clean", "--orphans")
    assert project.files() == ["out_1.txt", "out_2.txt"]


def test_what_was_made_with_a_parameter_that_is_gone_is_an_orphan(project: Project) -> None:
    dodo(project, "out_{n}.txt")
    project.doit()
    project.doit("n=2")
    project.dodo("""
        def task_a(most: int = 1):
            return {"targets": ["out.txt"], "actions": ["date > %(targets)s"]}
    """)
    assert "no task makes out_1.txt, out_2.txt any more" in project.doit().err
    project.doit("clean", "--orphans")
    assert project.files() == ["out.txt"]


def test_what_another_value_made_of_a_renamed_target_is_an_orphan_at_that_value(
    project: Project,
) -> None:
    dodo(project, "old_{n}.txt")
    project.doit()
    project.doit("n=2")
    dodo(project, "new_{n}.txt")
    project.doit("clean", "--orphans")
    assert project.files() == ["old_2.txt"]
    project.doit("clean", "--orphans", "n=2")
    assert project.files() == []


def test_an_orphan_that_was_edited_stays(project: Project) -> None:
    dodo(project, "old.txt", "kept.txt")
    project.doit()
    project.write("old.txt", "mine")
    dodo(project, "kept.txt")
    project.doit()
    said = project.doit("clean", "--orphans").out
    assert said == "a: left old.txt: it was changed since it was built; --force removes it\n"
    project.doit("clean", "--orphans", "--force")
    assert project.files() == ["kept.txt"]


def test_what_a_removed_stage_made_is_an_orphan(project: Project) -> None:
    dodo(project, "a.txt")
    project.doit()
    project.dodo("def task_b():\n    return {'targets': ['b.txt'], 'actions': ['echo > b.txt']}\n")
    assert "no task makes a.txt any more" in project.doit().err
    project.doit("clean", "--orphans")
    assert project.files() == ["b.txt"]


def test_a_folder_that_others_use_is_left_and_counts_as_an_orphan_no_more(project: Project) -> None:
    text = """
        def task_a():
            return {{"targets": [{name!r}],
                     "actions": ["mkdir -p %(targets)s && date > %(targets)s/a.txt"]}}

        def task_b():
            return {{"targets": ["data/b.txt"], "task_dep": ["a"],
                     "actions": ["date > %(targets)s"]}}
    """
    project.dodo(text.format(name="data"))
    project.doit()
    project.dodo(text.format(name="renamed"))
    assert "no task makes data any more" in project.doit().err
    cleaned = project.doit("clean", "--orphans")
    assert "a: left data: other tasks have files in it" in cleaned.out
    assert project.exists("data/a.txt")
    assert "no task makes" not in project.doit().err


def test_what_lies_in_a_folder_that_a_stage_makes_is_a_part_of_it(project: Project) -> None:
    text = """
        def fill(targets):
            os.makedirs(targets[0], exist_ok=True)
            pathlib.Path(targets[0], "own.txt").write_text("own")

        def write(targets):
            pathlib.Path(targets[0]).write_text("other")

        def task_folder():
            return {{"targets": ["out"], "actions": [fill]}}

        def task_other():
            return {{"targets": ["{target}"], "actions": [write]}}
    """
    project.dodo(text.format(target="out/old.txt"))
    project.doit()
    project.dodo(text.format(target="out/new.txt"))
    project.doit()
    said = project.doit()
    assert said.err == ""
    assert "2 up to date" in said.out
    assert project.doit("clean", "--orphans").out == ""
    assert project.exists("out/old.txt")
    assert "2 up to date" in project.doit().out


def test_what_a_stage_still_reads_is_kept(project: Project) -> None:
    project.dodo(
        """
        def task_fetch():
            return {"targets": ["data/raw.txt", "parts"],
                    "actions": ["echo 1 > data/raw.txt; mkdir parts; echo 1 > parts/a"]}

        def task_total():
            return {"file_dep": ["data/raw.txt", "parts/a"], "targets": ["total.txt"],
                    "actions": ["cat %(dependencies)s > %(targets)s"]}
        """
    )
    project.doit()
    dodo = project.read("dodo.py")
    begin, end = dodo.index("def task_fetch"), dodo.index("def task_total")
    project.write("dodo.py", dodo[:begin] + dodo[end:])
    assert project.doit().err == ""
    assert project.doit("clean", "--orphans").out == ""
    assert project.files() == ["data/raw.txt", "parts/a", "total.txt"]
    project.write("dodo.py", dodo[:begin])
    assert project.doit("clean", "--orphans").out.startswith("fetch: removed data/raw.txt\n")
    assert project.files() == []
