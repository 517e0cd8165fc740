"""doit clean: what was built goes, what a person made stays."""

from __future__ import annotations

from tests.e2e.conftest import Project
from tests.e2e.waiting import dodo

DODO = """
    def write(targets):
        for target in targets:
            pathlib.Path(target).write_text(str(os.path.basename(target)))

    def split(targets):
        os.makedirs(targets[0])
        write([os.path.join(targets[0], "part.txt")])

    def task_table(n: int = 10):
        return {"targets": [f"data/deep/table_{n}.txt"], "actions": [write], "clean": True}

    def task_parts():
        return {"targets": ["data/parts"], "actions": [split], "clean": True}

    def task_stays():
        return {"targets": ["data/stays.txt"], "actions": [write]}
"""


def test_clean_removes_targets_and_the_folders_made_for_them(project: Project) -> None:
    dodo(project, DODO)
    project.doit("table", "parts")
    project.write("data/deep/mine.txt", "by hand")
    dry = project.doit("clean", "--dry-run")
    assert "table: would remove data/deep/table_10.txt\n" in dry.out
    assert project.exists("data/deep/table_10.txt")
    said = project.doit("clean")
    assert "table: removed data/deep/table_10.txt\n" in said.out
    assert project.files() == ["data/deep/mine.txt"]
    assert not project.exists("data/parts")
    project.doit("table", "parts")
    (project.folder / "data/deep/mine.txt").unlink()
    said = project.doit("clean")
    assert "removed data/deep/, which was made for them\n" in said.out
    assert not project.exists("data")
    assert project.doit("clean").out == ""
    assert "3 built" in project.doit().out


def test_clean_leaves_what_was_edited_or_not_built_unless_forced(project: Project) -> None:
    dodo(project, DODO)
    project.write("data/parts/mine.txt", "by hand")
    assert "parts: left data/parts: datamake did not build it; --force removes it\n" in (
        project.doit("clean", "parts").out
    )
    project.doit("table")
    project.write("data/deep/table_10.txt", "edited")
    said = project.doit("clean", "table")
    assert "left data/deep/table_10.txt: it was changed since it was built; --force" in said.out
    assert project.read("data/deep/table_10.txt") == "edited"
    project.doit("clean", "--force")
    assert project.files() == []


def test_clean_with_a_parameter_cleans_its_targets_only(project: Project) -> None:
    dodo(project, DODO)
    project.doit("table")
    project.doit("table", "n=20")
    project.doit("clean", "table", "n=20")
    assert project.files() == ["data/deep/table_10.txt"]
    assert "1 up to date" in project.doit("table").out
    assert "target missing" in project.doit("table", "n=20").out


def test_a_folder_that_held_files_of_a_person_when_it_was_built_stays(project: Project) -> None:
    project.write("out/mine.txt", "by hand")
    dodo(
        project,
        """
        def fill():
            pathlib.Path("out", "built.txt").write_text("built")

        def task_fill():
            return {"targets": ["out"], "actions": [fill], "clean": True}
        """,
    )
    project.doit()
    said = project.doit("clean")
    assert "left out: it holds files that were not built with it; --force removes it" in said.out
    assert project.files() == ["out/built.txt", "out/mine.txt"]


def test_a_link_is_removed_and_never_what_it_leads_to(project: Project) -> None:
    project.write("raw.txt", "raw")
    project.dodo("""
        def link(targets):
            os.symlink(os.path.abspath("raw.txt"), targets[0])

        def task_link():
            return {"file_dep": ["raw.txt"], "targets": ["latest.txt"], "actions": [link],
                    "clean": True}
    """)
    project.doit()
    project.doit("clean")
    assert project.files() == ["raw.txt"]


def test_a_list_of_clean_actions_may_have_doits_own_function_in_it(project: Project) -> None:
    dodo(project, DODO)
    project.doit("table", "parts")
    project.dodo("""
        from doit.task import clean_targets

        def task_several():
            return {
                "targets": ["data/deep/table_10.txt", "data/parts"], "actions": ["true"],
                "clean": [clean_targets, "echo cleaned"],
            }
    """)
    project.write("data/parts/mine.txt", "by hand")
    said = project.doit("clean")
    assert "several: removed data/deep/table_10.txt\n" in said.out
    assert "several: left data/parts: it was changed since it was built" in said.out
    assert "cleaned" in said.out
    assert project.files() == ["data/parts/mine.txt", "data/parts/part.txt"]


def test_options_may_stand_behind_the_names(project: Project) -> None:
    dodo(project, DODO)
    project.doit("table", "n=3")
    project.write("data/deep/table_3.txt", "edited")
    assert "left data/deep/table_3.txt" in project.doit("clean", "table", "n=3", "--dry-run").out
    project.doit("clean", "table", "n=3", "--force")
    assert project.files() == []


def test_clean_says_that_nothing_is_removed_where_no_task_asks_for_it(project: Project) -> None:
    dodo(project, DODO)
    project.doit()
    said = project.doit("clean", "stays")
    assert said.err == 'nothing is removed: stays does not say "clean": True\n'
    assert project.exists("data/stays.txt")
    assert project.doit("clean").err == ""
