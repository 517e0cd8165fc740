"""`doit strace`: one stage is built, and what it opens is listed."""

from __future__ import annotations

from tests.e2e.conftest import Project
from tests.e2e.test_audit_commands import audited, without_strace

__all__ = ["without_strace"]

DODO = """
    def shout(dependencies, targets):
        text = pathlib.Path("data/lookup.csv").read_text()
        pathlib.Path(targets[0]).write_text(text.upper())

    def task_numbers():
        return {"targets": ["data/numbers.txt"], "actions": ["cat turn > %(targets)s"],
                "meta": {"datamake": {"audit_commands": "error"}}, "file_dep": ["turn"]}

    def task_squares():
        return {"file_dep": ["data/numbers.txt"], "targets": ["data/squares.txt", "data/b.txt"],
                "actions": ["cat data/numbers.txt more | sort > data/squares.txt",
                            (WRITE, ["data/b.txt"])],
                "meta": {"datamake": {"audit": "off"}}}

    def task_python():
        return {"targets": ["data/python.txt"], "actions": [shout]}

    def task_each():
        for name in ("a", "b"):
            yield {"name": name, "targets": [f"{name}.txt"], "actions": [(WRITE, [f"{name}.txt"])]}

    def task_group():
        return {"actions": None, "task_dep": ["python"]}

    def WRITE(path):
        pathlib.Path(path).write_text("b")
"""


def prepared(project: Project) -> None:
    audited(project, text=DODO)
    project.write("more", "9\n")


def listed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("R ", "W "))]


def test_a_sub_task_is_listed_alone(project: Project) -> None:
    prepared(project)
    assert listed(project.doit("strace", "each:b").out) == ["W b.txt"]
    assert not project.exists("a.txt")


def test_it_builds_and_lists_what_is_opened(project: Project) -> None:
    prepared(project)
    for _ in range(2):
        said = project.doit("strace", "squares")
        assert listed(said.out) == [
            "R data/numbers.txt",
            "R more  (not declared)",
            "W data/b.txt",
            "W data/squares.txt",
        ]
        assert "built    squares" in said.out
    assert "3 up to date" not in said.out
    assert project.read("data/squares.txt") == "0\n9\n"
    assert not project.exists("strace.txt")
    assert "2 up to date" in project.doit("squares").out


def test_a_python_task_is_listed_too(project: Project) -> None:
    prepared(project)
    assert listed(project.doit("strace", "python").out) == [
        "R data/lookup.csv  (not declared)",
        "W data/python.txt",
    ]


def test_all_files_and_straces_own_words_on_request(project: Project) -> None:
    prepared(project)
    said = project.doit("strace", "--all", "--keep", "squares")
    assert any(line.startswith("R /") and "libc.so" in line for line in listed(said.out))
    assert "R more  (not declared)" in said.out
    assert "openat(AT_FDCWD<" in project.read("strace.txt")
    assert '"data/numbers.txt", O_RDONLY' in project.read("strace.txt")
    assert "strace.txt" not in said.out


def test_a_failure_is_told_as_ever(project: Project) -> None:
    project.dodo('def task_it():\n    return {"actions": ["exit 3"]}\n')
    said = project.doit("strace", "it", code=1)
    assert "it failed: Command failed: 'exit 3' returned 3" in said.out
    assert listed(said.out) == []


def test_what_can_not_be_traced_is_refused_in_one_line(
    project: Project, without_strace: str
) -> None:
    prepared(project)
    refused = {
        (): "`doit strace` takes one task, behind the options",
        ("squares", "python"): "`doit strace` takes one task, behind the options",
        ("square",): "'square' is neither a task nor a target: did you mean 'squares'?",
        ("group",): "group has no actions, so there is nothing to trace",
    }
    for arguments, words in refused.items():
        said = project.doit("strace", *arguments, code=3)
        assert said.err.startswith(f"ERROR: {words}")
        assert len(said.err.splitlines()) == 1
    said = project.doit("strace", "squares", code=3, PATH=without_strace)
    assert said.err.startswith("ERROR: commands can't be traced: strace is not installed")
    assert not project.exists("data/squares.txt")
    project.doit("strace", "python", PATH=without_strace)


def test_a_stage_that_was_up_to_date_says_for_what_it_is_built(project: Project) -> None:
    prepared(project)
    project.doit()
    said = project.doit("strace", "numbers")
    assert "uptodate is false: doit strace" in said.out
    assert "up to date" in project.doit("why", "numbers").out
