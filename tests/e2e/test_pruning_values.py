"""Tasks that ask for the values and results of others, which are fresh and were left out."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project
from tests.e2e.looking import look, settle

ASKING = """
    import doit
    from doit.dependency import UptodateCalculator
    from doit.task import result_dep

    def measure(number, dependencies, targets):
        note(f"size:{number}")
        pathlib.Path(targets[0]).write_text(pathlib.Path(dependencies[0]).read_text())
        return {"size": os.path.getsize(dependencies[0])}

    def task_size():
        for number in range(3):
            yield {"name": number, "file_dep": [f"raw{number}.txt"],
                   "targets": [f"size{number}.txt"], "actions": [(measure, [number])]}
"""


@pytest.mark.parametrize(
    ("task", "noted"),
    [
        (
            """
    def task_sum():
        return {"actions": [lambda sizes: note(f"sum-{sum(sizes.values())}")],
                "getargs": {"sizes": ("size", "size")}}
    """,
            ["sum-3", "size:1", "sum-12"],
        ),
        (
            """
    def task_one():
        return {"actions": [lambda size: note(f"one-{size}")],
                "getargs": {"size": ("size:1", "size")}}
    """,
            ["one-1", "size:1", "one-10"],
        ),
        (
            """
    def task_after():
        return {"actions": [lambda: note("after")], "uptodate": [result_dep("size")]}
    """,
            ["after", "size:1", "after"],
        ),
        (
            """
    def task_after():
        return {"actions": [lambda: note("after")], "uptodate": [result_dep("size:1")]}
    """,
            ["after", "size:1", "after"],
        ),
        (
            """
    class Larger(UptodateCalculator):
        def __call__(self, task, values):
            group = self.tasks_dict["size"]
            sizes = [self.get_val(name, "_values_:")["size"] for name in ALL]
            assert [self.tasks_dict[name].targets for name in ALL]
            task.value_savers.append(lambda: {"largest": max(sizes)})
            return values.get("largest", 0) >= max(sizes)

    ALL = ["size:0", "size:1", "size:2"]

    def task_larger():
        return {"actions": [lambda: note("larger")], "uptodate": [Larger()], "task_dep": ["size"]}
    """,
            ["larger", "size:1", "larger"],
        ),
        (
            """
    def show():
        known = doit.Globals.dep_manager.get_values("size:1")["size"]
        note(f"show-{known}")

    def task_show():
        return {"actions": [show], "file_dep": ["size1.txt"], "task_dep": ["size"]}
    """,
            ["show-1", "size:1", "show-10"],
        ),
    ],
    ids=[
        "getargs of a group",
        "getargs of a member",
        "result_dep on a group",
        "result_dep on a member",
        "a calculator",
        "Globals",
    ],
)
def test_a_task_that_asks_for_others_gets_what_fresh_ones_saved(
    project: Project, task: str, noted: list[str]
) -> None:
    for number in range(3):
        project.write(f"raw{number}.txt", "1")
    project.dodo(ASKING)
    settle(project)
    assert look(project).at == []
    project.dodo(ASKING + task)
    assert look(project).ran == noted[:1]
    assert look(project).ran == []
    project.write("raw1.txt", "1234567890")
    assert look(project).ran == noted[1:]
    assert look(project).ran == []


def test_values_are_those_of_the_present_targets(project: Project) -> None:
    project.dodo(
        """
        import doit

        def make(n, targets):
            pathlib.Path(targets[0]).write_text(str(n))
            return {"n": n}

        def task_make(n: int = 1):
            return {"targets": [f"{n}.txt"], "actions": [(make, [n])]}

        def task_show():
            saved = doit.Globals
            show = lambda: note(str(saved.dep_manager.get_values("make")["n"]))
            return {"actions": [show], "task_dep": ["make"]}
        """
    )
    for arguments in (["n=1"], ["n=2"], ["n=2"], ["n=1"], ["n=1"]):
        project.doit(*arguments)
    assert project.ran() == ["1", "2", "2", "1", "1"]
