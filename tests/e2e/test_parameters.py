"""Typed parameters: from the shell, from pyproject.toml, and refused before anything happens."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project, Said

TYPES = """
    from __future__ import annotations

    import os, pathlib
    from datetime import date, datetime, timedelta
    from enum import Enum
    from pathlib import Path
    from typing import Annotated, Literal

    from datamake import Meta

    class Colour(Enum):
        RED = "red"
        BLUE = "blue"

    def write(targets, **values):
        lines = (f"{name}={value!r}\\n" for name, value in sorted(values.items()))
        pathlib.Path(targets[0]).write_text("".join(lines))

    def task_types(
        count: Annotated[int, Meta(ge=0)] = 1,
        share: float = 0.5,
        fast: bool = False,
        name: str = "x",
        day: date = date(2024, 1, 1),
        moment: datetime = datetime(2024, 1, 1, 12),
        span: timedelta = timedelta(hours=1),
        place: Path = Path("here"),
        colour: Colour = Colour.RED,
        side: Literal["left", "right"] = "left",
        most: int | None = None,
        many: list[int] = [1],
        words: tuple[str, ...] = ("a",),
        odd: set[int] = {1},
        plain=3,
    ):
        '''Every type.'''
        return {"targets": ["values.txt"], "actions": [(write, [], dict(locals()))]}
"""

GIVEN = {
    "count": ("7", "7"),
    "share": ("1e-3", "0.001"),
    "fast": ("yes", "True"),
    "name": ("a=b c", "'a=b c'"),
    "day": ("2024-05-17", "datetime.date(2024, 5, 17)"),
    "moment": ("2024-05-17T09:30", "datetime.datetime(2024, 5, 17, 9, 30)"),
    "span": ("90m", "datetime.timedelta(seconds=5400)"),
    "place": ("data/raw", "PosixPath('data/raw')"),
    "colour": ("blue", "<Colour.BLUE: 'blue'>"),
    "side": ("right", "'right'"),
    "most": ("12", "12"),
    "many": ("1,2,3", "[1, 2, 3]"),
    "words": ("a,b", "('a', 'b')"),
    "odd": ("3", "{3}"),
    "plain": ("4", "4"),
}


def snapshot(project: Project) -> dict[str, bytes]:
    """Every file of a project, datamake's own included, with its content."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def refused(project: Project, *arguments: str) -> str:
    """The one line with which doit refuses, having touched nothing."""
    before = snapshot(project)
    said: Said = project.doit(*arguments, code=3)
    assert snapshot(project) == before
    assert said.out == ""
    assert said.err.startswith("ERROR: ")
    line, end = said.err[:-1], said.err[-1]
    assert end == "\n"
    assert "\n" not in line
    return line.removeprefix("ERROR: ")


def test_every_type_can_be_typed(project: Project) -> None:
    project.write("dodo.py", TYPES)
    project.doit(*(f"{name}={text}" for name, (text, _) in GIVEN.items()))
    assert dict(line.split("=", 1) for line in project.read("values.txt").splitlines()) == {
        name: value for name, (_, value) in GIVEN.items()
    }
    project.doit()
    assert "many=[1]" in project.read("values.txt")
    listed = project.doit("list").out
    assert "Every type.  [count=1 share=0.5 fast=false name=x day=2024-01-01" in listed
    helped = project.doit("help", "types", "many=4,5").out
    assert "many=4,5  comma separated list of int, given on the command line" in helped
    assert "side=left  one of 'left', 'right', the default" in helped


SQUARES = """
    def square(n, targets):
        note(f"squares{n}")
        pathlib.Path(targets[0]).write_text(str(n * n))

    def task_squares(n: Annotated[int, Meta(ge=0, description="how many")] = 10):
        '''Square them.'''
        return {"targets": [f"squares_{n}.txt"], "actions": [(square, [n])]}
"""


def test_pyproject_sets_a_value_and_the_command_line_another(project: Project) -> None:
    project.dodo(SQUARES)
    configuration = project.read("pyproject.toml")
    project.write("pyproject.toml", configuration + "\n[tool.datamake.parameters]\nn = 20\n")
    project.doit()
    project.doit("n=30")
    assert project.ran() == ["squares20", "squares30"]
    assert "Square them.  [n=20]" in project.doit("list")
    assert "Square them.  [n=30]" in project.doit("list", "n=30")
    source = "n=20  how many (int >= 0), from pyproject.toml"
    assert source in project.doit("info", "squares")
    assert source in project.doit("help", "squares")
    given = project.doit("help", "squares", "n=30")
    assert "n=30  how many (int >= 0), given on the command line" in given
    assert "as in `doit squares n=30`" in given
    project.write("pyproject.toml", configuration + '\n[tool.datamake.parameters]\nn = "x"\n')
    assert refused(project, "list").startswith("n=x: ")
    project.write("pyproject.toml", configuration + "\n[tool.datamake.parameters]\nm = 1\n")
    assert refused(project) == (
        "[tool.datamake.parameters] of pyproject.toml: no task takes a parameter named 'm':"
        " did you mean 'n'? Parameters: n"
    )


def test_what_is_wrong_is_one_line_before_anything_is_touched(project: Project) -> None:
    project.dodo(SQUARES)
    project.doit()
    project.doit("list")
    for arguments in (("n=ten",), ("squares", "n=-1"), ("list", "n=1.5"), ("clean", "n=")):
        line = refused(project, *arguments)
        assert line.startswith("n=")
        assert line.endswith(", given on the command line")
        assert "an integer >= 0" in line
    for unknown in ("N=3", "squares m=3 o=4", "clean nn=3", "list x=3"):
        line = refused(project, *unknown.split())
        assert line.startswith("no task takes ")
        assert line.endswith("Parameters: n")
    assert "did you mean 'n'?" in refused(project, "N=3")
    assert project.ran() == ["squares10"]


def test_a_required_value_is_asked_for_only_by_what_needs_it(project: Project) -> None:
    project.dodo(
        SQUARES
        + """
    def task_report(day: str, n: int = 10):
        '''Report of a day.'''
        return {"targets": [f"report_{day}.txt"], "file_dep": [f"squares_{n}.txt"],
                "actions": ["cp %(dependencies)s %(targets)s"]}

    def task_all():
        return {"actions": None, "task_dep": ["report"]}
"""
    )
    listed = project.doit("list").out
    assert "Report of a day.  [day=... n=10]" in listed
    assert "day=...  str, no default" in project.doit("help", "report")
    project.doit("squares")
    needs = "report needs day: type `doit report day=...`"
    assert refused(project, "report") == needs
    assert refused(project) == needs
    assert refused(project, "all") == needs
    assert refused(project, "why", "report") == needs
    standing = project.doit("list", "-s").out
    assert "E report" in standing
    assert "E all" in standing
    assert "U squares" in standing
    said = project.doit("info", "report", code=1).out
    assert f"status     : error\n * {needs}\n" in said
    assert "error       report" in project.doit("graph").out
    project.doit("day=monday")
    assert project.read("report_monday.txt") == "100"
    assert project.ran() == ["squares10"]


def test_doits_own_get_var_keeps_working_wherever_it_is_asked(project: Project) -> None:
    project.dodo(
        """
        from doit import get_var

        AT_IMPORT = get_var("early", "none")

        def act(targets):
            note("-".join([AT_IMPORT, IN_CREATOR, get_var("late", "none")]))

        def task_vars():
            global IN_CREATOR
            IN_CREATOR = get_var("middle", "none")
            return {"actions": [act]}
        """
    )
    project.doit()
    project.doit("early=1", "middle=2", "late=3")
    assert project.ran() == ["none-none-none", "1-2-3"]
    assert refused(project, "later=3") == (
        "no task takes a parameter named 'later': no task here has parameters"
    )


def test_parameters_of_sub_tasks_methods_objects_and_delayed_tasks(project: Project) -> None:
    project.dodo(
        """
        from doit import create_after, task_params

        def write(text, targets):
            note(text)
            pathlib.Path(targets[0]).write_text(text)

        def made(name, n):
            return {"targets": [f"{name}_{n}"], "actions": [(write, [f"{name}{n}"])]}

        def task_each(n: int = 2):
            for number in range(n):
                yield {"name": str(number), **made("each", number)}

        class Station:
            def create(self, n: int = 2):
                return made("method", n)

            def create_doit_tasks(self, n: int = 2):
                return made("object", n)

        class Static:
            @staticmethod
            def create_doit_tasks(n: int = 2):
                return {"basename": "static", **made("static", n)}

        station = Station()
        task_method = station.create

        @create_after(executed="each")
        def task_later(n: int = 2):
            return made("later", n)

        @task_params([{"name": "m", "long": "m", "type": int, "default": 5}])
        def task_plain(m):
            return made("plain", m)
        """
    )
    project.doit("n=1")
    assert sorted(project.ran()) == ["each0", "later1", "method1", "object1", "plain5", "static1"]
    project.doit("plain", "--m", "6", "n=1")
    assert project.ran() == ["plain6"]
    assert "no task takes a parameter named 'm'" in refused(project, "m=6")
    listed = project.doit("list", "--all", "n=3").out
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("each:")] == [
        "each:0",
        "each:1",
        "each:2",
    ]
    assert listed.count("[n=3]") == 5


@pytest.mark.parametrize(
    ("creator", "message"),
    [
        ("def task_bad(x: dict = {}): return None", "x: "),
        ("def task_bad(x: 'NoSuchType' = 1): return None", "x: cannot resolve"),
        ("def task_bad(x: int = 'one'): return None", "x=one: "),
        ("def task_bad(x, /): return None", "x: is positional only"),
        ("def task_bad(x=2):\n    raise LookupError('no table')", "the creator of bad failed: "),
        ("import no_such_module", "dodo.py can't be loaded: dodo.py:"),
        ("def task_bad(:", "dodo.py can't be loaded: dodo.py:"),
    ],
)
def test_a_creator_that_cannot_be_called_is_told_in_one_line_with_its_place(
    project: Project, creator: str, message: str
) -> None:
    project.write("dodo.py", f"from datamake import Meta\n\n{creator}\n")
    line = refused(project, "list")
    assert line.startswith(message)
    assert "dodo.py:" in line
