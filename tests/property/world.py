"""A random project: what its stages are, how they are written down, what they ought to make."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

HEAD = '''
"""A random pipeline."""
import hashlib
from pathlib import Path

def note(word):
    with open("ran.log", "a") as log:
        log.write(word + "\\n")

def mix(constant, argument, texts, keep):
    whole = repr((constant, argument, texts))
    return hashlib.sha256(whole.encode()).hexdigest()[:keep]
'''

ACTION = """
def make_{name}(argument, dependencies, targets):
    note("begin {name}")
    texts = [Path(path).read_text() for path in dependencies]
    text = mix({constant!r}, argument, texts, {keep})
    with open(targets[0], "w") as file:
        file.write(text[:1])
        file.flush()
        file.write(text[1:])
    note("end {name}"){comment}

def task_{name}():
    return {{
        "file_dep": {inputs!r},
        "targets": [{target!r}],
        "actions": [(make_{name}, [{argument!r}])],
    }}
"""


@dataclass(frozen=True)
class Stage:
    """One stage. `keep` of 1 makes outputs that often come out the same (early cutoff)."""

    name: str
    inputs: tuple[str, ...]
    target: str
    constant: int = 0
    argument: int = 0
    keep: int = 16
    comment: str = ""

    def text(self) -> str:
        comment = f"  # {self.comment}" if self.comment else ""
        values = {**self.__dict__, "inputs": list(self.inputs), "comment": comment}
        return ACTION.format(**values)

    def makes(self, texts: list[str]) -> str:
        """Return what the stage ought to write, given its inputs' texts."""
        whole = repr((self.constant, self.argument, texts))
        return hashlib.sha256(whole.encode()).hexdigest()[: self.keep]


@dataclass
class Known:
    """What the oracle knows of the last good build of a stage and target."""

    identity: tuple[object, ...]
    inputs: dict[str, str]
    output: str


@dataclass
class World:
    """A project in a folder, and the oracle that says what a build has to do."""

    folder: Path
    stages: dict[str, Stage] = field(default_factory=dict)
    known: dict[tuple[str, str], Known] = field(default_factory=dict)
    # Stages of which it is not known whether they were recorded before a kill.
    unsure: set[str] = field(default_factory=set)

    def write_dodo(self) -> None:
        text = HEAD + "".join(stage.text() for stage in self.stages.values())
        (self.folder / "dodo.py").write_text(text)

    def change(self, name: str, **fields: object) -> None:
        self.stages[name] = replace(self.stages[name], **fields)  # type: ignore[arg-type]
        self.write_dodo()

    def read(self, path: str) -> str | None:
        file = self.folder / path
        return file.read_text() if file.exists() else None

    def build(self) -> tuple[list[str], dict[str, str]]:
        """Return the stages that have to run, in any order, and every target's right content.

        Stages are in topological order. This is the oracle: what is recorded, what is there.
        """
        must: list[str] = []
        right: dict[str, str] = {}
        for name, stage in self.stages.items():
            texts = {path: right.get(path) or self.read(path) or "" for path in stage.inputs}
            output = stage.makes(list(texts.values()))
            identity = (stage.constant, stage.argument, stage.keep)
            last = self.known.get((name, stage.target))
            there = self.read(stage.target)
            if last is None or (last.identity, list(last.inputs.items()), last.output) != (
                identity,
                list(texts.items()),
                there,
            ):
                must.append(name)
                self.known[name, stage.target] = Known(identity, texts, output)
            right[stage.target] = output
        return must, right

    def ran(self) -> list[str]:
        """Return the words noted by actions since the last call."""
        log = self.folder / "ran.log"
        words = log.read_text().splitlines() if log.exists() else []
        if words:
            os.remove(log)
        return words
