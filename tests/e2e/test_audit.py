"""What an action reads and writes without having declared it is said, or refused, or let be."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project
from tests.e2e.test_retries import project_says

# `squares` reads what `numbers` makes, and a file by hand, and writes one more than it declares.
DODO = """
    import subprocess

    def numbers(targets):
        pathlib.Path(targets[0]).write_text("1 2 3")

    def squares(targets):
        text = pathlib.Path("data/numbers.txt").read_text()
        scale = pathlib.Path("raw/scale.txt").read_text()
        pathlib.Path("data/extra.txt").write_text(scale)
        pathlib.Path(targets[0]).write_text(text + pathlib.Path("turn").read_text())

    def task_numbers():
        return {"targets": ["data/numbers.txt"], "actions": [numbers]}

    def task_squares():
        return {"file_dep": ["turn"], "targets": ["data/squares.txt"], "actions": [squares],
                "task_dep": ["numbers"], "meta": {"datamake": POLICY}}
"""

SAID = [
    "wrote data/extra.txt, which it does not declare",
    "read data/numbers.txt, which it does not declare and numbers makes",
    "read raw/scale.txt, which it does not declare",
]


def audited(project: Project, policy: str = "{}", text: str = DODO) -> None:
    project.write("turn", "good")
    project.write("raw/scale.txt", "2")
    project.dodo(text.replace("POLICY", policy))


def notes(text: str) -> list[str]:
    """Return the notes below the stage."""
    return [line.strip() for line in text.splitlines() if "does not declare" in line]


def test_by_default_it_is_said_below_the_stage(project: Project) -> None:
    audited(project)
    assert notes(project.doit().out) == [f"squares {words}" for words in SAID]
    assert project.read("data/squares.txt") == "1 2 3good"
    assert notes(project.doit().out) == []


def test_an_error_leaves_the_target_as_it_was(project: Project) -> None:
    audited(project)
    project.doit()
    project.write("turn", "bad")
    audited(project, '{"audit": "error"}')
    project.write("turn", "bad")
    said = project.doit(code=1)
    assert f"\nsquares failed: {'; '.join(f'it {words}' for words in SAID)}\n" in said.out
    assert project.read("data/squares.txt") == "1 2 3good"
    assert project.read(".datamake/failed/squares/data/squares.txt") == "1 2 3bad"


def test_off_is_silent_for_a_project_and_one_stage_may_differ(project: Project) -> None:
    project_says(project, 'audit = "off"')
    audited(project)
    assert notes(project.doit().out) == []
    audited(project, '{"audit": "warn"}')
    assert len(notes(project.doit("-a").out)) == len(SAID)


def test_one_stage_may_be_let_be(project: Project) -> None:
    audited(project, '{"audit": "off"}')
    assert notes(project.doit().out) == []


def test_what_is_declared_in_whatever_way_is_not_spoken_of(project: Project) -> None:
    """Folders, other spellings, code, what lies outside or is gone again, hidden files."""
    outside = project.folder.parent / f"{project.folder.name}-outside.txt"
    outside.write_text("outside")
    audited(
        project,
        text=f"""
        def fine(targets):
            import colorsys
            for name in ("raw/scale.txt", os.path.abspath("raw/scale.txt"), "./raw/../turn"):
                pathlib.Path(name).read_text()
            pathlib.Path({str(outside)!r}).read_text()
            pathlib.Path("scratch.txt").write_text("a while")
            os.remove("scratch.txt")
            pathlib.Path(".cache").write_text("hidden")
            pathlib.Path(targets[0]).mkdir()
            pathlib.Path(targets[0], "part").write_text("part")

        def more():
            pathlib.Path("data/folder/part").read_text()
            pathlib.Path("data/table").write_text("table")

        def task_fine():
            return {{"file_dep": ["turn", "raw/scale.txt"], "actions": [fine, more],
                    "targets": ["data/folder", "data/table"]}}
        """,
    )
    said = project.doit()
    assert notes(said.out) == []


def test_files_that_a_library_opens_in_python_are_seen(project: Project) -> None:
    pytest.importorskip("pandas")
    audited(
        project,
        text="""
        def total(targets):
            import pandas
            table = pandas.read_csv("raw/table.csv")
            pathlib.Path(targets[0]).write_text(str(table["n"].sum()))

        def task_total():
            return {"targets": ["total.txt"], "actions": [total]}
        """,
    )
    project.write("raw/table.csv", "n\n1\n2\n")
    assert notes(project.doit(PYTHONWARNINGS="ignore").out) == [
        "total read raw/table.csv, which it does not declare"
    ]


def test_what_another_program_opens_is_not_seen(project: Project) -> None:
    audited(
        project,
        text="""
        import subprocess

        def copies(targets):
            subprocess.run(["cp", "raw/scale.txt", targets[0]], check=True)

        def task_copies():
            return {"targets": ["a.txt"], "actions": [copies]}

        def task_command():
            return {"targets": ["b.txt"], "actions": ["cp raw/scale.txt %(targets)s"]}
        """,
    )
    assert notes(project.doit().out) == []


def test_a_stage_says_nothing_of_what_another_one_opened(project: Project) -> None:
    audited(
        project,
        text="""
        def reads(targets):
            pathlib.Path("raw/scale.txt").read_text()
            pathlib.Path(targets[0]).write_text("a")

        def fails(targets):
            reads(targets)
            raise ValueError

        def task_fails():
            return {"targets": ["f.txt"], "actions": [fails]}

        def task_a():
            return {"targets": ["a.txt"], "actions": [(reads, [])]}

        def task_b():
            return {"targets": ["b.txt"], "actions": ["touch %(targets)s"]}
        """,
    )
    out = project.doit("-c", code=2).out
    assert notes(out) == ["a read raw/scale.txt, which it does not declare"]
    assert out.index("built    a") < out.index("a read") < out.index("built    b")


def test_many_files_of_a_folder_are_one_line(project: Project) -> None:
    audited(
        project,
        text="""
        def reads(targets):
            for number in range(1000):
                pathlib.Path(f"raw/{number}").read_text()
            pathlib.Path(targets[0]).write_text("done")

        def task_a():
            return {"targets": ["a.txt"], "actions": [reads]}
        """,
    )
    for number in range(1000):
        project.write(f"raw/{number}", "")
    said = notes(project.doit().out)
    assert said == ["a read 1000 files in raw, which it does not declare"]
