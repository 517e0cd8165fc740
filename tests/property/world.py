"""A random project in a folder, and the oracle that says what a build of it has to do."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.e2e.conftest import configuration
from tests.property.stages import HEAD, Content, Stage, at, content

# Raw data. A space and a quote, a leading dash and a line end, a byte that is no UTF-8.
RAW = ("raw0.txt", "raw 1's.txt", "-raw\n2.txt", "caf\udce9.txt")
FOLDERS = FOLDER, OTHER_FOLDER = ("tree", "other")
LINK, LINKED_FOLDER = "link.txt", "linked"
INPUTS = (*RAW, LINK, FOLDER, LINKED_FOLDER)

TOOLS = '''"""A module of the project."""
from parts import deep

def twist(text):
    return deep.turn(text) + "{tool}"  # {comment}

def unused(text):
    return text + "{unused}"
'''

DEEP = '''"""A module that another one imports."""

def turn(text):
    return text + "{deep}"
'''

SETTINGS = '''"""A module that reads a file when it is imported."""
from pathlib import Path

RATE = int(Path("settings.txt").read_text().split()[0])
'''

# A stage with its targets: what a record belongs to.
Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Known:
    """What the oracle knows of the last good build of a stage and targets."""

    identity: tuple[object, ...]
    inputs: tuple[tuple[str, Content], ...]
    outputs: dict[str, Content]


@dataclass
class Expected:
    """What a build has to do: for each stage that may run, what it would record.

    `n` is the value of the parameter, and `missing` are inputs for which the build has to be
    refused. `before` and `right` are what targets hold before it and behind it.
    """

    n: int
    keys: dict[str, Key] = field(default_factory=dict)
    must: dict[str, Known] = field(default_factory=dict)
    fresh: dict[str, Known] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    before: dict[str, Content] = field(default_factory=dict)
    right: dict[str, Content] = field(default_factory=dict)

    def without(self, names: Collection[str]) -> Expected:
        """Return the same but for some stages."""
        return replace(
            self,
            keys={name: key for name, key in self.keys.items() if name not in names},
            must={name: known for name, known in self.must.items() if name not in names},
            fresh={name: known for name, known in self.fresh.items() if name not in names},
            failing=self.failing.difference(names),
        )


@dataclass(frozen=True)
class Made:
    """What a stage made of a target, with a value of the parameter if it had that."""

    stage: str
    n: int | None
    content: Content


@dataclass
class World:
    """A project in a folder, and the oracle."""

    folder: Path
    stages: dict[str, Stage] = field(default_factory=dict)
    removed: list[Stage] = field(default_factory=list)
    known: dict[Key, Known] = field(default_factory=dict)
    # Stages of which it is not known whether they were recorded before a kill.
    unsure: set[Key] = field(default_factory=set)
    # What was built at each path last, None where that is not known.
    made: dict[str, Made | None] = field(default_factory=dict)
    code: dict[str, object] = field(
        default_factory=lambda: {"tool": 0, "deep": 0, "unused": 0, "comment": ""}
    )
    rate: int = 0
    n: int = 10

    def begin(self) -> None:
        """Write the raw data."""
        for folder in FOLDERS:
            (self.folder / folder).mkdir()
        for name in (*RAW, f"{FOLDER}/a.txt", "settings.txt"):
            (self.folder / name).write_text("0")
        os.symlink(RAW[0], self.folder / LINK)
        os.symlink(FOLDER, self.folder / LINKED_FOLDER)

    def write(self) -> None:
        """Write the project's code and configuration down."""
        stages = self.stages.values()
        files = {
            "dodo.py": HEAD + "".join(stage.text() for stage in stages),
            "parts/__init__.py": "",
            "parts/tools.py": TOOLS.format(**self.code),
            "parts/deep.py": DEEP.format(**self.code),
            "parts/settings.py": SETTINGS,
            "pyproject.toml": configuration(),
        }
        if any(stage.sized for stage in stages):
            files["pyproject.toml"] += f"\n[tool.datamake.parameters]\nn = {self.n}\n"
        (self.folder / "parts").mkdir(exist_ok=True)
        for name, text in files.items():
            path = self.folder / name
            # A file that nobody edits keeps its time.
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def change(self, stage: Stage, **fields: object) -> None:
        self.stages[stage.name] = replace(stage, **fields)  # type: ignore[arg-type]
        self.write()

    def read(self, path: str) -> Content:
        return content(str(self.folder / path))

    def upstream(self, name: str) -> set[str]:
        """Return the names of a stage and of all that it needs."""
        needed: set[str] = {name}
        for stage in reversed(self.stages.values()):
            readers = [self.stages[reader] for reader in needed]
            if any(belongs(path, stage.targets) for reader in readers for path in reader.inputs):
                needed.add(stage.name)
        return needed

    def downstream(self, names: Collection[str]) -> set[str]:
        """Return the names of stages and of all that need one of them."""
        found = set(names)
        for stage in self.stages.values():
            makers = [self.stages[maker] for maker in found]
            if any(belongs(path, maker.targets) for maker in makers for path in stage.inputs):
                found.add(stage.name)
        return found

    def expect(self, n: int, wanted: Collection[str]) -> Expected:
        """Return what a build of the wanted stages, upstream included, has to do.

        Stages are in topological order. This is the oracle: what is known, what is there.
        """
        all_of_it = Expected(n)
        held: set[str] = set()  # targets of stages that fail, and of those that need them
        twisted = f"{self.code['deep']}{self.code['tool']}"
        for stage in [stage for name, stage in self.stages.items() if name in wanted]:
            inputs, targets = at(n, stage.inputs), at(n, stage.targets)
            key = all_of_it.keys[stage.name] = (stage.name, targets)
            there = {path: self.read(path) for path in targets}
            texts = {path: self._input(path, all_of_it.right) for path in inputs}
            made_here = all_of_it.right.keys()
            all_of_it.missing += [
                path for path in inputs if texts[path] is None and not belongs(path, made_here)
            ]
            all_of_it.before.update(there)
            all_of_it.right.update(there)
            if any(belongs(path, held) for path in inputs):
                held.update(targets)
                continue
            outputs = stage.makes(n, tuple(texts.values()), twisted, self.rate)
            now = Known(stage.identity(n, twisted, self.rate), tuple(texts.items()), outputs)
            last = self.known.get(key)
            if last == now and there == outputs:
                all_of_it.fresh[stage.name] = now
                continue
            all_of_it.must[stage.name] = now
            if stage.fails(tuple(texts.values())):
                all_of_it.failing.add(stage.name)
                held.update(targets)
            else:
                all_of_it.right.update(outputs)
        return all_of_it

    def _input(self, path: str, right: dict[str, Content]) -> Content:
        """Return what an input is going to hold when its reader's turn comes."""
        if path in right:
            return right[path]
        folder, name = os.path.split(path)
        if folder in right:
            inside = right[folder]
            return dict(inside).get(name) if isinstance(inside, tuple) else None
        return self.read(path)

    def learn(self, expected: Expected, began: Collection[str], ended: Collection[str]) -> None:
        """Take up what a build did that was not killed."""
        for name in began:
            self.known.pop(expected.keys[name], None)
        for name in {*ended, *expected.fresh}:
            key = expected.keys[name]
            self.known[key] = {**expected.must, **expected.fresh}[name]
            n = expected.n if self.stages[name].sized else None
            self.made |= {path: Made(name, n, expected.right[path]) for path in key[1]}
        self.unsure -= {expected.keys[name] for name in (*began, *expected.fresh)}

    def doubt(self, keys: Collection[Key]) -> None:
        """Note that it is not known what became of stages."""
        self.unsure.update(keys)
        self.made.update(dict.fromkeys(path for _, targets in keys for path in targets))

    def is_orphan(self, path: str, made: Made) -> bool:
        """Whether no stage makes or reads a target, with the present value of the parameter.

        What was made with another value is made again with that.
        """
        read = {input for each in self.stages.values() for input in at(self.n, each.inputs)}
        if any(belongs(path, [each]) or belongs(each, [path]) for each in read):
            return False
        stage = self.stages.get(made.stage)
        if stage is None:
            return True
        another = stage.sized and made.n not in (None, self.n)
        return not another and path not in at(self.n, stage.targets)

    def readers(self, name: str) -> set[str]:
        """Return the names of the stages that read a file of raw data, under any name."""
        paths = {name}
        if os.readlink(self.folder / LINK) == name:
            paths.add(LINK)
        return {stage.name for stage in self.stages.values() if paths & set(stage.inputs)}

    def ran(self, log: Path) -> tuple[list[str], list[str]]:
        """Return the stages whose actions began, and those whose actions ended, by a log."""
        words = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        began = [name for word, name in words if word == "begin"]
        return began, [name for word, name in words if word == "end"]


def belongs(path: str, targets: Collection[str]) -> bool:
    """Whether a path is one of the targets, or lies in one."""
    return path in targets or os.path.dirname(path) in targets
