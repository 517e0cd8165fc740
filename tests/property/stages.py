"""One stage of a random project: what it is, how it is written down, what it ought to make."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.property.forms import FORMS, GIVEN

# What an input or a target holds: a file's text, a folder's names each with what they hold.
Content = str | tuple[Any, ...] | None


def content(path: str) -> Content:
    """Return what lies at a path; None where nothing does."""
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        return tuple((name, content(os.path.join(path, name))) for name in names)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def mix(keep: int, *values: object) -> str:
    """Return so many letters that hang on all of the values."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:keep]


def write(target: str, name: str, text: str) -> None:
    """Write a target in several steps: a file, or a folder with two files, one of that name."""
    files = {target: text}
    if target.endswith(".d"):
        os.makedirs(target, exist_ok=True)
        files = {os.path.join(target, name): text[:1], os.path.join(target, "all.txt"): text}
    for path, whole in files.items():
        with open(path, "w") as file:
            file.write(whole[:1])
            file.flush()
            file.write(whole[1:])


def written(target: str, name: str, text: str) -> Content:
    """Return what `write` makes."""
    folder = tuple(sorted({name: text[:1], "all.txt": text}.items()))
    return folder if target.endswith(".d") else text


def at(n: int, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return paths with the value of the parameter in them."""
    return tuple(path.replace("{n}", str(n)) for path in paths)


def is_plain(path: str) -> bool:
    """Whether a shell takes the path as it stands."""
    return not set(path) & set(" '\n\udce9") and not path.startswith("-")


HEAD = '''"""A random pipeline."""
from __future__ import annotations

import functools
import hashlib
import os

from parts.settings import RATE
from parts.tools import twist

def note(word):
    log = os.environ["RAN_LOG"]
    with open(log, "a") as file:
        file.write(word + "\\n")
    if os.path.exists(log + ".edit"):
        edit(word, log + ".edit")

def edit(word, wish):
    with open(wish, errors="surrogateescape") as file:
        moment, name, text, again = file.read().split("\\0")
    if word != moment:
        return
    if not again:
        os.remove(wish)
    with open(name, "a" if again else "w") as file:
        file.write(text)

def at(n, paths):
    return [path.replace("{n}", str(n)) for path in paths]

''' + "\n".join(inspect.getsource(function) for function in (content, mix, write))
HEAD += GIVEN

FAILS = """
        if "3" in texts:
            raise RuntimeError("told to fail")"""

CREATOR = """
def task_{name}({parameter}):
    inputs, targets = at({n}, {inputs!a}), at({n}, {targets!a})
    return {{"file_dep": inputs, "targets": targets, "actions": [{action}]}}
"""

# A command's text hangs on no helper; `tee` writes the same to each target.
COMMAND = (
    "echo begin {name} >> $RAN_LOG && printf {constant}:{argument}: | cat -- - {dependencies}"
    " | sha256sum | cut -c1-{keep} | tr -d '\\n' | tee {targets} > /dev/null"
    " && echo end {name} >> $RAN_LOG # {comment}"
)


@dataclass(frozen=True)
class Stage:
    """One stage. `keep` of 1 makes outputs that often come out the same (early cutoff).

    Paths may hold `{n}`, the value of the parameter. A `kind` is "python", "shell" (a command's
    text) or "list" (a command's words), and a `form` is how Python code comes by its constant.
    `helper` and `rated` say whether the project's function and its computed constant are used; the
    argument of a `counted` stage is the parameter; a `fragile` one fails where an input's text is
    "3".
    """

    name: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    kind: str = "python"
    form: str = "body"
    constant: int = 0
    argument: int = 0
    keep: int = 16
    helper: bool = False
    rated: bool = False
    counted: bool = False
    fragile: bool = False
    comment: str = ""

    def text(self) -> str:
        """Return the stage as it stands in the dodo.py."""
        argument = "n" if self.counted else self.argument
        action, code = f"(make_{self.name}, [{argument}])", ""
        if self.kind == "shell":
            action = repr(self._command("%(dependencies)s", "%(targets)s"))
        elif self.kind == "list":
            script = self._command('"$@"', '"$0"')
            action = f'["bash", "-c", {script!r}, *targets, *inputs]'
        else:
            code = FORMS[self.form].code(self.name, self.constant, self._parts)
        return code + CREATOR.format(
            name=self.name,
            parameter="n=10" if self.sized else "",
            n="n" if self.sized else None,
            inputs=list(self.inputs),
            targets=list(self.targets),
            action=action,
        )

    @property
    def _parts(self) -> dict[str, object]:
        return {
            "keep": self.keep,
            "helper": 'twist("")' if self.helper else None,
            "rate": "RATE" if self.rated else None,
            "fails": FAILS if self.fragile else "",
            "comment": f"  # {self.comment}",
        }

    def _command(self, dependencies: str, targets: str) -> str:
        values = {**self.__dict__, "dependencies": dependencies, "targets": targets}
        return COMMAND.format(**values)

    @property
    def sized(self) -> bool:
        """Whether the stage takes the parameter."""
        return self.counted or any("{n}" in path for path in (*self.inputs, *self.targets))

    def identity(self, n: int, twisted: str, rate: int) -> tuple[object, ...]:
        """Return what the action means: of a command every letter, of code no comment."""
        own = (self.constant, n if self.counted else self.argument, self.keep)
        if self.kind != "python":
            return (*own, self.comment)
        used = (twisted if self.helper else None, rate if self.rated else None)
        return (*own, *used, self.form, self.fragile)

    def fails(self, texts: Sequence[Content]) -> bool:
        return self.fragile and "3" in texts

    def makes(
        self, n: int, texts: Sequence[Content], twisted: str, rate: int
    ) -> dict[str, Content]:
        """Return what the stage ought to write, given what its inputs hold."""
        targets = at(n, self.targets)
        if self.kind != "python":
            whole = f"{self.constant}:{self.argument}:" + "".join(map(str, texts))
            text = hashlib.sha256(whole.encode()).hexdigest()[: self.keep]
            return dict.fromkeys(targets, text)
        used = (twisted if self.helper else None, rate if self.rated else None)
        values = (self.constant, n if self.counted else self.argument, *used, list(texts))
        return {
            target: written(target, f"{self.constant}.txt", mix(self.keep, *values, number))
            for number, target in enumerate(targets)
        }
