"""doit started elsewhere than in the project's folder means the same."""

from __future__ import annotations

from tests.e2e.conftest import Project

DODO = """
    import doit

    def write(n, targets):
        note("write")
        pathlib.Path(targets[0]).write_text(str(n))

    def task_write(n: int = 1):
        return {"targets": [f"out_{n}.txt"], "actions": [(write, [n])], "clean": True}

    def task_where():
        return {"actions": [lambda: note(os.path.basename(doit.get_initial_workdir()))]}
"""


def test_from_a_sub_folder_with_seek(project: Project) -> None:
    project.dodo(DODO)
    (project.folder / "sub" / "deep").mkdir(parents=True)
    project.doit("write", "n=2")
    assert project.ran() == ["write"]
    said = project.doit("-k", "write", "n=2", folder="sub/deep")
    assert "1 up to date" in said
    assert "out_2.txt" in project.doit("clean", "-k", "write", "n=2", folder="sub").out
    assert project.files() == []
    project.doit("run", "-k", "where", folder="sub/deep")
    assert project.ran() == ["deep"]
    assert "[n=3]" in project.doit("list", "-k", "n=3", folder="sub")
    refused = project.doit("-k", "m=3", folder="sub", code=3)
    assert "no task takes a parameter named 'm'" in refused.err


def test_from_elsewhere_with_the_dodo_by_name(project: Project) -> None:
    project.dodo(DODO)
    elsewhere = project.folder.parent / f"{project.folder.name} elsewhere"
    elsewhere.mkdir()
    dodo = str(project.folder / "dodo.py")
    project.doit("-f", dodo, "write", folder=str(elsewhere))
    assert project.ran() == ["write"]
    assert project.read("out_1.txt") == "1"
    assert "1 up to date" in project.doit("write")
    assert list(elsewhere.iterdir()) == []
    project.doit("-f", dodo, "write", "n=x", folder=str(elsewhere), code=3)


def test_a_failure_has_the_same_exit_code_from_a_sub_folder(project: Project) -> None:
    project.dodo(
        """
        def task_fail():
            return {"actions": ["exit 3"], "targets": ["x"]}
        """
    )
    (project.folder / "sub").mkdir()
    assert project.doit(code=None).code == project.doit("-k", folder="sub", code=None).code == 1
