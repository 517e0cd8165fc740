"""Projects of many small copies, in several shapes, written for each of the peers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = 100

# What a task makes, and what it reads: it copies the first of that.
Rule = tuple[str, list[str]]

DODO = """
import shutil

def copy(dependencies, targets):
    shutil.copyfile(dependencies[0], targets[0])
"""

# To be formatted with the number of tasks.
TINY = """
def write(targets):
    with open(targets[0], "w") as file:
        file.write("made")

def task_write():
    for number in range({count}):
        yield {{"name": number, "targets": [f"out/{{number}}"], "actions": [write]}}
"""


@dataclass(frozen=True)
class Shape:
    """What a project looks like: how the dodo.py declares it, and the same as rules, in order."""

    name: str
    creator: str
    rules: Callable[[int], Iterator[Rule]]


def _independent(count: int) -> Iterator[Rule]:
    for number in range(count):
        yield f"out/{number}", [f"in/{number}"]


def _layered(count: int) -> Iterator[Rule]:
    width = count // LAYERS
    for layer in range(LAYERS):
        above = "in/{}" if layer == 0 else f"out/{layer - 1}-{{}}"
        for number in range(width):
            yield (
                f"out/{layer}-{number}",
                [above.format(number), above.format((number + 1) % width)],
            )


def _wide(count: int) -> Iterator[Rule]:
    yield "out/all", [f"in/{number}" for number in range(count)]


def _shared(count: int) -> Iterator[Rule]:
    for number in range(count):
        yield f"out/{number}", ["in/0"]


SHAPES = (
    Shape(
        "N tasks of one group",
        """
def task_copy():
    for number in range(N):
        yield {"name": number, "file_dep": [f"in/{number}"], "targets": [f"out/{number}"],
               "actions": [copy]}
""",
        _independent,
    ),
    Shape(
        "N tasks with names of their own",
        """
def task_copy():
    for number in range(N):
        yield {"basename": f"copy-{number}", "file_dep": [f"in/{number}"],
               "targets": [f"out/{number}"], "actions": [copy]}
""",
        _independent,
    ),
    Shape(
        f"N tasks in {LAYERS} layers, with two inputs each",
        """
def task_copy():
    width = N // 100
    for layer in range(100):
        above = "in/{}" if layer == 0 else f"out/{layer - 1}-{{}}"
        for number in range(width):
            inputs = [above.format(number), above.format((number + 1) % width)]
            yield {"name": f"{layer}-{number}", "file_dep": inputs,
                   "targets": [f"out/{layer}-{number}"], "actions": [copy]}
""",
        _layered,
    ),
    Shape(
        "one task with N inputs",
        """
def task_copy():
    inputs = [f"in/{number}" for number in range(N)]
    return {"file_dep": inputs, "targets": ["out/all"], "actions": [copy]}
""",
        _wide,
    ),
    Shape(
        "N tasks that share their input",
        """
def task_copy():
    for number in range(N):
        yield {"name": number, "file_dep": ["in/0"], "targets": [f"out/{number}"],
               "actions": [copy]}
""",
        _shared,
    ),
)


def configure(folder: Path) -> None:
    """Have doit use datamake in a folder."""
    shutil.copy(ROOT / "pyproject.toml", folder)


def write_dodo(folder: Path, shape: Shape, count: int) -> None:
    """Write a project of doit's, with its inputs, into a folder that it makes."""
    _write_inputs(folder, shape, count)
    (folder / "dodo.py").write_text(f"N = {count}\n{DODO}{shape.creator}")


def write_makefile(folder: Path, shape: Shape, count: int) -> None:
    """Write a project of make's, with its inputs, and as it is when it has been built."""
    _write_inputs(folder, shape, count)
    rules = list(shape.rules(count))
    lines = [f".PHONY: all\nall: {' '.join(target for target, _ in rules)}\n"]
    lines += [f"{target}: {' '.join(inputs)}\n\tcp $< $@\n" for target, inputs in rules]
    (folder / "Makefile").write_text("".join(lines))
    for target, inputs in rules:
        shutil.copyfile(folder / inputs[0], folder / target)


def write_ninja(folder: Path, shape: Shape, count: int) -> None:
    """Write a project of ninja's, with its inputs."""
    _write_inputs(folder, shape, count)
    lines = ["rule copy\n  command = cp $first $out\n"]
    for target, inputs in shape.rules(count):
        lines.append(f"build {target}: copy {' '.join(inputs)}\n  first = {inputs[0]}\n")
    (folder / "build.ninja").write_text("".join(lines))


def _write_inputs(folder: Path, shape: Shape, count: int) -> None:
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    raw = {path for _, inputs in shape.rules(count) for path in inputs if path.startswith("in/")}
    for path in sorted(raw):
        (folder / path).write_text(path)
