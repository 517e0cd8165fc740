"""doit stays doit: parameters of doit's own, beside datamake's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.e2e.side_by_side import SideBySide


@pytest.fixture
def both(tmp_path: Path) -> SideBySide:
    return SideBySide(tmp_path)


PARAMETERS = """
    from doit import task_params

    def show(level, names, loud, colour):
        note("-".join([str(level), "+".join(names), str(loud), colour]))

    def task_python():
        return {
            "actions": [show],
            "params": [
                {"name": "level", "short": "l", "long": "level", "type": int, "default": 1},
                {"name": "names", "short": "n", "type": list, "default": ["x"]},
                {"name": "loud", "long": "loud", "inverse": "quiet", "type": bool,
                 "default": False},
                {"name": "colour", "long": "colour", "default": "red", "env_var": "COLOUR",
                 "choices": (("red", "warm"), ("blue", "cold"))},
            ],
        }

    def task_command():
        return {
            "actions": ["echo %(word)s-%(rest)s | tr ' ' + >> ran.log"],
            "params": [{"name": "word", "short": "w", "default": "none"}],
            "pos_arg": "rest",
        }

    def task_rest():
        return {"actions": [lambda rest: note("rest-" + "+".join(rest))], "pos_arg": "rest"}

    @task_params([{"name": "size", "short": "s", "long": "size", "type": int, "default": 2}])
    def task_sized(size):
        for number in range(size):
            yield {"name": str(number), "actions": [(note, [f"{number}of{size}"])]}
"""


def test_params_pos_arg_and_task_params_are_taken_from_the_command_line(
    both: SideBySide,
) -> None:
    both.dodo(PARAMETERS)
    assert both.doit("python") == ["1-x-False-red"]
    assert both.doit("python", "-l", "3", "-n", "a", "-n", "b", "--loud") == ["3-x+a+b-True-red"]
    assert both.doit("python", "--quiet", "--colour=blue") == ["1-x-False-blue"]
    assert both.doit("python", "-l", "2", "command", "-w", "hi", "a", "b") == [
        "2-x-False-red",
        "hi-a+b",
    ]
    assert both.doit("rest", "a", "b") == ["rest-a+b"]
    assert both.doit("sized", "--size", "3") == ["0of3", "1of3", "2of3"]
    assert both.doit("sized") == ["0of2", "1of2"]
    for arguments in (["--level", "x"], ["--colour", "green"], ["--unknown"]):
        assert both.doit("python", *arguments, code=3) == []


def test_parameters_from_the_environment_and_from_the_configuration(both: SideBySide) -> None:
    both.dodo(PARAMETERS)
    configured = (
        "\n[tool.doit.tasks.python]\nlevel = 5\nloud = true\n[tool.doit.tasks.sized]\nsize = 1\n"
    )
    for project in (both.ours, both.plain):
        project.write("pyproject.toml", project.read("pyproject.toml") + configured)
    assert both.doit("python") == ["5-x-True-red"]
    assert both.doit("python", "-l", "6") == ["6-x-True-red"]
    assert both.doit("sized") == ["0of1"]
    both.ours.doit("python", COLOUR="blue")
    assert both.ours.ran() == ["5-x-True-blue"]


def test_a_changed_parameter_makes_stale_unlike_in_plain_doit(project: Project) -> None:
    project.dodo(
        """
        def build(size, targets):
            note(f"python-{size}")
            pathlib.Path(targets[0]).write_text("x" * size)

        def task_python():
            return {"actions": [build], "targets": ["python.txt"],
                    "params": [{"name": "size", "short": "s", "type": int, "default": 1}]}

        def task_command():
            return {"actions": ["echo command-%(size)s >> ran.log; echo %(size)s > %(targets)s"],
                    "targets": ["command.txt"],
                    "params": [{"name": "size", "short": "s", "type": int, "default": 1}]}

        from doit.action import CmdAction

        def text(size, targets, unit):
            return f"echo made-{size}{unit} >> ran.log; echo {size} > {targets[0]}"

        def task_made_command():
            return {"actions": [CmdAction((text, [], {"unit": os.environ.get("UNIT", "m")}))],
                    "targets": ["made.txt"],
                    "params": [{"name": "size", "short": "s", "type": int, "default": 1}]}
        """
    )
    for task, name in (("python", "python"), ("command", "command"), ("made_command", "made")):
        suffix = "m" if name == "made" else ""
        project.doit(task)
        project.doit(task)
        project.doit(task, "-s", "2")
        project.doit(task, "-s", "2")
        project.doit(task)
        expected = [f"{name}-{size}{suffix}" for size in (1, 2, 1)]
        assert project.ran() == expected
    project.doit("made_command", UNIT="k")
    assert project.ran() == ["made-1k"]
    assert "argument changed: size 1 → 4" in project.doit("run", "--dry-run", "python", "-s", "4")


def test_get_var_reads_words_from_the_command_line(both: SideBySide) -> None:
    both.dodo(
        """
        from doit import get_var

        config = {"who": get_var("who", "nobody"), "n": get_var("n")}

        def task_it():
            return {"actions": [(note, [f"{config['who']}-{config['n']}"])]}

        def late():
            note("late-" + get_var("when", "never"))

        def task_late():
            return {"actions": [late]}
        """
    )
    assert both.doit("it") == ["nobody-None"]
    assert both.doit("who=me", "it", "n=3") == ["me-3"]
    assert both.doit("late", "when=now") == ["late-now"]
    said = both.ours.doit("late", "wen=now", code=3)
    assert "no task takes a parameter named 'wen'" in said.err


def test_typed_parameters_and_doits_own_in_one_creator(project: Project) -> None:
    project.dodo(
        """
        from doit import task_params

        @task_params([{"name": "depth", "long": "depth", "type": int, "default": 1}])
        def task_it(depth, n: int = 2):
            return {"actions": [(note, [f"{depth}-{n}"])]}
        """
    )
    project.doit("it", "--depth", "4", "n=5")
    assert project.ran() == ["4-5"]
    said = project.doit("help", "it").out
    assert "--depth" in said
    assert "n=2" in said
    project.doit("it", "depth=3", code=3)


def test_params_and_task_params_together_are_refused_as_in_plain_doit(both: SideBySide) -> None:
    both.dodo(
        """
        from doit import task_params

        @task_params([{"name": "a", "default": 1}])
        def task_it(a):
            return {"actions": [(note, ["it"])], "params": [{"name": "b", "default": 2}]}
        """
    )
    assert both.doit(code=3) == []
