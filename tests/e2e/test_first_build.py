"""The classic pair: numbers, and their squares."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project

DODO = """
    Count = Annotated[int, Meta(ge=0)]

    def write_numbers(n, targets):
        note("numbers")
        pathlib.Path(targets[0]).write_text("".join(f"{i}\\n" for i in range(1, n + 1)))

    def task_numbers(n: Count = 10):
        '''Write numbers.'''
        return {
            "targets": [f"data/numbers_up_to_{n}.txt"],
            "actions": [(write_numbers, [n])],
            "clean": True,
        }

    def square(dependencies, targets):
        note("squares")
        lines = pathlib.Path(dependencies[0]).read_text().split()
        pathlib.Path(targets[0]).write_text("".join(f"{i}:{int(i) ** 2}\\n" for i in lines))

    def task_squares(n: Count = 10):
        '''Square numbers.'''
        return {
            "file_dep": [f"data/numbers_up_to_{n}.txt"],
            "targets": [f"data/squares_up_to_{n}.txt"],
            "actions": [square],
            "clean": True,
        }
"""


@pytest.fixture
def squares(project: Project) -> Project:
    project.dodo(DODO)
    return project


def test_the_first_doit_builds_and_the_second_runs_nothing(squares: Project) -> None:
    first = squares.doit()
    assert squares.ran() == ["numbers", "squares"]
    assert squares.read("data/squares_up_to_10.txt").splitlines()[-1] == "10:100"
    assert "2 built in" in first.out
    assert "never built" in first.out
    second = squares.doit()
    assert squares.ran() == []
    assert "2 up to date" in second.out


def test_a_parameter_from_the_shell_reaches_every_creator_in_any_place(squares: Project) -> None:
    squares.doit("squares", "n=3")
    assert squares.read("data/squares_up_to_3.txt") == "1:1\n2:4\n3:9\n"
    assert squares.ran() == ["numbers", "squares"]
    squares.doit("n=3", "squares")
    assert squares.ran() == []


def test_two_values_of_a_parameter_both_stay_fresh(squares: Project) -> None:
    squares.doit()
    squares.doit("n=20")
    assert squares.ran() == ["numbers", "squares"] * 2
    squares.doit()
    squares.doit("n=20")
    assert squares.ran() == []


def test_nothing_up_to_zero_is_two_empty_files(squares: Project) -> None:
    squares.doit("n=0")
    assert squares.read("data/numbers_up_to_0.txt") == ""
    assert squares.read("data/squares_up_to_0.txt") == ""
    squares.doit("n=0")
    assert squares.ran() == ["numbers", "squares"]


def test_the_project_is_built_from_a_sub_folder_with_seek(squares: Project) -> None:
    (squares.folder / "sub").mkdir()
    squares.doit("-k", "squares", "n=2", folder="sub")
    assert squares.read("data/squares_up_to_2.txt") == "1:1\n2:4\n"
    assert "2 up to date" in squares.doit("-k", "squares", "n=2", folder="sub").out
    assert "squares is up to date" in squares.doit("why", "-k", "squares", "n=2", folder="sub").out
