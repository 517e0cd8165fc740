"""The frozen data that the rooms of datamake hand to each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from typing import Any

from msgspec import Struct

from datamake.process import Process

# What a checker remembers of a file: a content digest, a time, or whatever a user's own
# checker class returns. It is compared with ==, and travels through JSON.
FileState = Any


class Unreadable(Struct, frozen=True):
    """The state of what is there and can't be read: `path` is it, or what lies in it.

    It is never recorded.
    """

    path: str


class Stage(Struct, frozen=True):
    """One task as datamake sees it: a name, what it reads and what it makes.

    Paths are in the order in which the task declares them, relative to the project's folder
    where they lie inside it.
    """

    name: str
    file_dep: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Meaning(Struct, frozen=True):
    """What a stage's actions would do: their code, and the arguments they are called with.

    `code` maps the name of each piece of code to its digest, `source` to its text (kept to
    show what changed), `arguments` maps an argument's name to a stable text of its value.
    `ordered` says that an action is handed the inputs, in their order.
    """

    code: Mapping[str, str] = {}
    arguments: Mapping[str, str] = {}
    source: Mapping[str, str] = {}
    ordered: bool = False


class Record(Struct, frozen=True):
    """What is known of the last good build of a stage and its targets.

    `values` and `result` are what doit's `getargs`, `uptodate` and `result_dep` ask for.
    `started` is in seconds since the epoch, `seconds` how long the actions took. `by_name` are
    the targets that an action wrote under their own names although it was handed staged paths.
    `accepted` is the reason that a person gave for taking it as built without running it.
    `parameters` are the values of the creator's parameters, as one would type them. `links` are the
    targets that are links, with what those say, or "" for one of a person's that was written
    through; None where that was not noted.
    """

    stage: str
    targets: tuple[str, ...]
    meaning: Meaning
    checker: str
    inputs: Mapping[str, FileState]
    outputs: Mapping[str, FileState]
    values: str = "{}"
    result: str = "null"
    started: float = 0.0
    seconds: float = 0.0
    by_name: tuple[str, ...] = ()
    accepted: str = ""
    parameters: str = ""
    links: Mapping[str, str] | None = None


class StagedTarget(Struct, frozen=True):
    """One target of an attempt, and where its content is before, during and after it.

    `name` is the task's spelling, `path` that of records. The content lies at `destination`,
    which differs where the target is a symbolic link. Actions write to `staged`, unless they
    name the target themselves: that is `in_place`. What was `there` when the attempt began is
    held at `last_good` until the attempt ends. A `shared` folder is one in which other stages make
    files too, or this one reads: it is never moved. `others` is what lies in a folder and is no
    part of what this stage makes, unless its actions make it.
    """

    name: str
    path: str
    destination: str
    staged: str
    last_good: str
    in_place: bool
    there: bool
    shared: bool
    others: tuple[str, ...] = ()

    @property
    def handed(self) -> str:
        """The path that actions are handed; it ends in a slash where the task's spelling does."""
        if self.in_place:
            return self.name
        return os.path.join(self.staged, "") if self.name.endswith(os.sep) else self.staged


class AttemptState(Enum):
    """How the last attempt at a stage stands."""

    NONE = "none"
    RUNNING = "running"
    BUILT = "built"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Known(Struct, frozen=True):
    """What the store knows of a stage: its last good build, and how the last attempt went.

    `version` tells this knowledge from later one. `builder` is who builds the stage now.
    """

    record: Record | None = None
    attempt: AttemptState = AttemptState.NONE
    version: int = 0
    builder: Process | None = None


class Seen(Struct, frozen=True):
    """What is there now, to be compared with a record.

    A path that does not exist has the state None, one that can't be read is Unreadable. `uptodate`
    holds the answers of doit's own `uptodate` entries that gave one, with the words to show for
    each. `version` is that of what was known then.
    """

    meaning: Meaning
    checker: str
    inputs: Mapping[str, FileState]
    outputs: Mapping[str, FileState]
    uptodate: tuple[tuple[str, bool], ...] = ()
    forced: bool = False
    version: int = 0


class Fresh(Struct, frozen=True):
    """A stage that was found or made fresh, with the states of its inputs and targets.

    `version` is that of what the store knows of it.
    """

    stage: Stage
    states: Mapping[str, FileState]
    version: int


class Why(Enum):
    """The kinds of reason for which a stage is stale, in the words that people read."""

    NEVER_BUILT = "never built"
    ATTEMPT_FAILED = "last attempt failed"
    ATTEMPT_INTERRUPTED = "last attempt was interrupted"
    TARGET_MISSING = "target missing"
    TARGET_CHANGED = "target changed since it was built"
    INPUT_CHANGED = "input changed"
    INPUT_ADDED = "input added"
    INPUT_REMOVED = "input removed"
    INPUT_ORDER = "inputs in another order"
    INPUT_MISSING = "input missing"
    INPUT_UNREADABLE = "input can't be read"
    ACTION_CHANGED = "action changed"
    ARGUMENT_CHANGED = "argument changed"
    CHECKER_CHANGED = "checker changed"
    NOT_UPTODATE = "uptodate is false"
    ALWAYS = "always runs (no input, no target)"
    FORCED = "forced"


class Reason(Struct, frozen=True):
    """One reason: its kind, and what it is about (a file, an argument, a piece of code)."""

    why: Why
    subject: str = ""
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        about = self.subject
        if self.before is not None or self.after is not None:
            before = "(none)" if self.before is None else self.before
            after = "(none)" if self.after is None else self.after
            about = f"{about} {before} → {after}".lstrip()
        return f"{self.why.value}: {about}" if about else self.why.value


class State(Enum):
    """How a stage stands: what doing nothing, running, or waiting would be right for."""

    FRESH = "up to date"
    STALE = "stale"
    WAITS = "waits"
    IGNORED = "ignored"
    ERROR = "error"
    GROUP = "group"


class Verdict(Struct, frozen=True):
    """The judgement of one stage, with every reason, and the upstream stages it waits for."""

    stage: Stage
    state: State
    reasons: tuple[Reason, ...] = ()
    waits_for: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether the stage will run, or may: what is downstream of it can't be judged yet."""
        return self.state in (State.STALE, State.WAITS)
