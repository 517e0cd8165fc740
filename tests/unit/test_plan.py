"""The staleness rule as one truth table: what is recorded, what is there now, what follows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from datamake.model import (
    AttemptState,
    FileState,
    Known,
    Meaning,
    Reason,
    Record,
    Seen,
    Stage,
    State,
    Unreadable,
    Verdict,
    Why,
)
from datamake.plan import changed_inputs, judge, moved

STAGE = Stage("squares", ("a.txt", "b.txt"), ("squares.txt",))
MEANING = Meaning({"square": "c1"}, {"n": "10"}, {"square": "def square(): ..."})
RECORD = Record(
    stage="squares",
    targets=("squares.txt",),
    meaning=MEANING,
    checker="content",
    inputs={"a.txt": "a1", "b.txt": "b1"},
    outputs={"squares.txt": "s1"},
)
SEEN = Seen(
    meaning=MEANING,
    checker="content",
    inputs={"a.txt": "a1", "b.txt": "b1"},
    outputs={"squares.txt": "s1"},
)
KNOWN = Known(RECORD, AttemptState.BUILT)

A_CHANGED = Reason(Why.INPUT_CHANGED, "a.txt")
B_CHANGED = Reason(Why.INPUT_CHANGED, "b.txt")
B_ADDED = Reason(Why.INPUT_ADDED, "b.txt")
NEVER_BUILT = Reason(Why.NEVER_BUILT)
TARGET_MISSING = Reason(Why.TARGET_MISSING, "squares.txt")
TARGET_CHANGED = Reason(Why.TARGET_CHANGED, "squares.txt")
CODE_CHANGED = Reason(Why.ACTION_CHANGED, "square")
N_CHANGED = Reason(Why.ARGUMENT_CHANGED, "n", "10", "20")
CHECKER_CHANGED = Reason(Why.CHECKER_CHANGED, "", "content", "timestamp")
OLDER = Reason(Why.NOT_UPTODATE, "older")
FAILED = Reason(Why.ATTEMPT_FAILED)
INTERRUPTED = Reason(Why.ATTEMPT_INTERRUPTED)
FORCED = Reason(Why.FORCED)
ALWAYS = Reason(Why.ALWAYS)


def inputs(**states: FileState) -> Seen:
    return replace(SEEN, inputs={f"{name}.txt": state for name, state in states.items()})


def target(state: FileState, seen: Seen = SEEN) -> Seen:
    return replace(seen, outputs={"squares.txt": state})


def code(digests: Mapping[str, str], seen: Seen = SEEN) -> Seen:
    return replace(seen, meaning=replace(seen.meaning, code=digests))


def arguments(values: Mapping[str, str], seen: Seen = SEEN) -> Seen:
    return replace(seen, meaning=replace(seen.meaning, arguments=values))


def recorded(**changes: Any) -> Known:
    return Known(replace(RECORD, **changes), AttemptState.BUILT)


def attempted(state: AttemptState, record: Record | None = RECORD) -> Known:
    return Known(record, state)


NOTHING_KNOWN = Known()

# name: what is there now, what is known, what is pending -> state, reasons, doit's `changed`
CASES: dict[str, tuple[Seen, Known, set[str], State, list[Reason], list[str]]] = {
    "nothing changed": (SEEN, KNOWN, set(), State.FRESH, [], []),
    # Each reason alone.
    "never built": (
        target(None),
        NOTHING_KNOWN,
        set(),
        State.STALE,
        [NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "never built, but a file lies at the target": (
        SEEN,
        NOTHING_KNOWN,
        set(),
        State.STALE,
        [NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "target missing": (
        target(None),
        KNOWN,
        set(),
        State.STALE,
        [TARGET_MISSING],
        ["a.txt", "b.txt"],
    ),
    "target edited by hand": (target("s2"), KNOWN, set(), State.STALE, [TARGET_CHANGED], []),
    "target of which no state was recorded": (
        SEEN,
        recorded(outputs={}),
        set(),
        State.STALE,
        [TARGET_CHANGED],
        [],
    ),
    "input changed": (inputs(a="a2", b="b1"), KNOWN, set(), State.STALE, [A_CHANGED], ["a.txt"]),
    "both inputs changed, in the order of declaration": (
        inputs(a="a2", b="b2"),
        KNOWN,
        set(),
        State.STALE,
        [A_CHANGED, B_CHANGED],
        ["a.txt", "b.txt"],
    ),
    "input added": (
        SEEN,
        recorded(inputs={"a.txt": "a1"}),
        set(),
        State.STALE,
        [B_ADDED],
        ["b.txt"],
    ),
    "input removed": (
        SEEN,
        recorded(inputs={**RECORD.inputs, "c.txt": "c1"}),
        set(),
        State.STALE,
        [Reason(Why.INPUT_REMOVED, "c.txt")],
        [],
    ),
    "input renamed": (
        SEEN,
        recorded(inputs={"a.txt": "a1", "old.txt": "b1"}),
        set(),
        State.STALE,
        [B_ADDED, Reason(Why.INPUT_REMOVED, "old.txt")],
        ["b.txt"],
    ),
    "inputs in another order": (
        replace(SEEN, meaning=replace(SEEN.meaning, ordered=True)),
        recorded(inputs=dict(reversed(list(RECORD.inputs.items())))),
        set(),
        State.STALE,
        [Reason(Why.INPUT_ORDER, "a.txt, b.txt")],
        [],
    ),
    "inputs in another order, which no action is handed": (
        SEEN,
        recorded(inputs=dict(reversed(list(RECORD.inputs.items())))),
        set(),
        State.FRESH,
        [],
        [],
    ),
    "code changed": (code({"square": "c2"}), KNOWN, set(), State.STALE, [CODE_CHANGED], []),
    "code of a new function": (
        code({"square": "c1", "half": "h1"}),
        KNOWN,
        set(),
        State.STALE,
        [Reason(Why.ACTION_CHANGED, "half")],
        [],
    ),
    "a function is gone": (code({}), KNOWN, set(), State.STALE, [CODE_CHANGED], []),
    "argument changed": (arguments({"n": "20"}), KNOWN, set(), State.STALE, [N_CHANGED], []),
    "argument added": (
        arguments({"n": "10", "m": "1"}),
        KNOWN,
        set(),
        State.STALE,
        [Reason(Why.ARGUMENT_CHANGED, "m", None, "1")],
        [],
    ),
    "argument removed": (
        arguments({}),
        KNOWN,
        set(),
        State.STALE,
        [Reason(Why.ARGUMENT_CHANGED, "n", "10", None)],
        [],
    ),
    "only the text of the code changed": (
        replace(SEEN, meaning=replace(MEANING, source={"square": "def  square(): ..."})),
        KNOWN,
        set(),
        State.FRESH,
        [],
        [],
    ),
    "uptodate says no": (
        replace(SEEN, uptodate=(("older", False),)),
        KNOWN,
        set(),
        State.STALE,
        [OLDER],
        [],
    ),
    "uptodate says yes": (
        replace(SEEN, uptodate=(("older", True),)),
        KNOWN,
        set(),
        State.FRESH,
        [],
        [],
    ),
    "one uptodate says yes, one no": (
        replace(SEEN, uptodate=(("newer", True), ("older", False))),
        KNOWN,
        set(),
        State.STALE,
        [OLDER],
        [],
    ),
    "uptodate says yes, input changed": (
        replace(inputs(a="a2", b="b1"), uptodate=(("newer", True),)),
        KNOWN,
        set(),
        State.STALE,
        [A_CHANGED],
        ["a.txt"],
    ),
    "forced": (replace(SEEN, forced=True), KNOWN, set(), State.STALE, [FORCED], []),
    "last attempt failed": (
        SEEN,
        attempted(AttemptState.FAILED),
        set(),
        State.STALE,
        [FAILED],
        [],
    ),
    "last attempt was interrupted": (
        SEEN,
        attempted(AttemptState.INTERRUPTED),
        set(),
        State.STALE,
        [INTERRUPTED],
        [],
    ),
    "an attempt is running": (SEEN, attempted(AttemptState.RUNNING), set(), State.FRESH, [], []),
    # Other states of files say nothing once they were taken in another way.
    "checker changed": (
        replace(inputs(a="7", b="8"), checker="timestamp", outputs={"squares.txt": "9"}),
        KNOWN,
        set(),
        State.STALE,
        [CHECKER_CHANGED],
        ["a.txt", "b.txt"],
    ),
    "checker changed, input added, target missing": (
        replace(target(None), checker="timestamp"),
        recorded(inputs={"a.txt": "a1"}),
        set(),
        State.STALE,
        [TARGET_MISSING, B_ADDED, CHECKER_CHANGED],
        ["a.txt", "b.txt"],
    ),
    # Reasons together.
    "all at once": (
        replace(
            arguments({"n": "20"}, code({"square": "c2"}, target("s2", inputs(a="a2", b="b1")))),
            uptodate=(("older", False),),
            forced=True,
        ),
        Known(replace(RECORD, inputs={"a.txt": "a1", "c.txt": "c1"}), AttemptState.FAILED),
        set(),
        State.STALE,
        [
            FORCED,
            FAILED,
            OLDER,
            TARGET_CHANGED,
            A_CHANGED,
            B_ADDED,
            Reason(Why.INPUT_REMOVED, "c.txt"),
            CODE_CHANGED,
            N_CHANGED,
        ],
        ["a.txt", "b.txt"],
    ),
    "target missing and input changed": (
        target(None, inputs(a="a1", b="b2")),
        KNOWN,
        set(),
        State.STALE,
        [TARGET_MISSING, B_CHANGED],
        ["a.txt", "b.txt"],
    ),
    "failed before it was ever built": (
        target(None),
        attempted(AttemptState.FAILED, None),
        set(),
        State.STALE,
        [FAILED, NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "interrupted before it was ever built": (
        target(None),
        attempted(AttemptState.INTERRUPTED, None),
        set(),
        State.STALE,
        [INTERRUPTED, NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "never built says all that uptodate could": (
        replace(target(None), uptodate=(("older", False),)),
        NOTHING_KNOWN,
        set(),
        State.STALE,
        [NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "never built and forced": (
        replace(target(None), forced=True),
        NOTHING_KNOWN,
        set(),
        State.STALE,
        [FORCED, NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    # Upstream is still to be built.
    "waits for an input that is as it was": (SEEN, KNOWN, {"a.txt"}, State.WAITS, [], []),
    "waits for an input that is changed now": (
        inputs(a="a2", b="b1"),
        KNOWN,
        {"a.txt"},
        State.WAITS,
        [],
        [],
    ),
    "waits for an input that is not there": (
        inputs(a=None, b="b1"),
        KNOWN,
        {"a.txt"},
        State.WAITS,
        [],
        [],
    ),
    "waits for the result of a task": (SEEN, KNOWN, {"count"}, State.WAITS, [], []),
    "waiting changes nothing about news of its own": (
        inputs(a="a2", b="b2"),
        KNOWN,
        {"a.txt"},
        State.STALE,
        [B_CHANGED],
        ["b.txt"],
    ),
    "never built, and its inputs are still to be made": (
        target(None, inputs(a=None, b=None)),
        NOTHING_KNOWN,
        {"a.txt", "b.txt"},
        State.STALE,
        [NEVER_BUILT],
        ["a.txt", "b.txt"],
    ),
    "an added input that is still to be made": (
        inputs(a="a1", b=None),
        recorded(inputs={"a.txt": "a1"}),
        {"b.txt"},
        State.STALE,
        [B_ADDED],
        ["b.txt"],
    ),
    # An input is not there, and nobody is going to make it.
    "input missing": (
        inputs(a="a1", b=None),
        KNOWN,
        set(),
        State.ERROR,
        [Reason(Why.INPUT_MISSING, "b.txt")],
        [],
    ),
    "inputs missing, whatever else is so": (
        replace(target(None, inputs(a=None, b=None)), forced=True),
        attempted(AttemptState.FAILED, None),
        set(),
        State.ERROR,
        [Reason(Why.INPUT_MISSING, "a.txt"), Reason(Why.INPUT_MISSING, "b.txt")],
        [],
    ),
    "an input that can't be read": (
        inputs(a="a1", b=Unreadable("b.txt/deep")),
        KNOWN,
        set(),
        State.ERROR,
        [Reason(Why.INPUT_UNREADABLE, "b.txt/deep")],
        [],
    ),
    "an input that can't be read and is still to be made": (
        inputs(a=Unreadable("a.txt"), b="b1"),
        KNOWN,
        {"a.txt"},
        State.WAITS,
        [],
        [],
    ),
    "one input missing, one that can't be read": (
        inputs(a=None, b=Unreadable("b.txt")),
        KNOWN,
        set(),
        State.ERROR,
        [Reason(Why.INPUT_MISSING, "a.txt"), Reason(Why.INPUT_UNREADABLE, "b.txt")],
        [],
    ),
    "a target that can't be read": (
        target(Unreadable("squares.txt")),
        KNOWN,
        set(),
        State.STALE,
        [TARGET_CHANGED],
        [],
    ),
    "one input missing, one still to be made": (
        inputs(a=None, b=None),
        KNOWN,
        {"a.txt"},
        State.ERROR,
        [Reason(Why.INPUT_MISSING, "b.txt")],
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_stage_with_inputs_and_a_target(case: str) -> None:
    seen, known, pending, state, reasons, changed = CASES[case]
    verdict = judge(STAGE, seen, known, frozenset(pending))
    assert verdict == Verdict(STAGE, state, tuple(reasons))
    assert changed_inputs(verdict) == changed


class Situation(Struct, frozen=True):
    """What is otherwise, now or in the record, for a stage that has nothing new by itself."""

    forced: bool = False
    went_wrong: AttemptState | None = None
    built: bool = True
    older: bool = False
    squares: FileState = "s1"
    half: FileState = "h1"
    a: FileState = "a1"
    b: FileState = "b1"
    b_was_read: bool = True
    c_was_read: bool = False
    turned: bool = False
    code: str = "c1"
    n: str = "10"
    checker: str = "content"

    def seen(self) -> Seen:
        """Return what is there now."""
        return Seen(
            meaning=Meaning({"square": self.code}, {"n": self.n}, ordered=True),
            checker=self.checker,
            inputs={"a.txt": self.a, "b.txt": self.b},
            outputs={"squares.txt": self.squares, "half.txt": self.half},
            uptodate=(("newer", True), ("older", not self.older)),
            forced=self.forced,
        )

    def known(self) -> Known:
        """Return what is known of the last attempt and of the last good build."""
        if not self.built:
            return Known(None, self.went_wrong or AttemptState.NONE)
        was_read = {"a.txt": True, "b.txt": self.b_was_read, "c.txt": self.c_was_read}
        names = [name for name in was_read if was_read[name]]
        record = replace(
            RECORD,
            targets=TWO_TARGETS.targets,
            inputs={name: f"{name[0]}1" for name in (names[::-1] if self.turned else names)},
            outputs={"squares.txt": "s1", "half.txt": "h1"},
        )
        return Known(record, self.went_wrong or AttemptState.BUILT)


TWO_TARGETS = Stage("squares", ("a.txt", "b.txt"), ("squares.txt", "half.txt"))
HALF_MISSING = Reason(Why.TARGET_MISSING, "half.txt")
C_REMOVED = Reason(Why.INPUT_REMOVED, "c.txt")
TURNED = Reason(Why.INPUT_ORDER, "a.txt, b.txt")

# Each reason, in the order of a verdict -> what has to be otherwise, doit's `changed`
SITUATIONS: dict[Reason, tuple[dict[str, Any], list[str]]] = {
    FORCED: ({"forced": True}, []),
    FAILED: ({"went_wrong": AttemptState.FAILED}, []),
    INTERRUPTED: ({"went_wrong": AttemptState.INTERRUPTED}, []),
    NEVER_BUILT: ({"built": False}, ["a.txt", "b.txt"]),
    OLDER: ({"older": True}, []),
    HALF_MISSING: ({"half": None}, ["a.txt", "b.txt"]),
    TARGET_CHANGED: ({"squares": "s2"}, []),
    A_CHANGED: ({"a": "a2"}, ["a.txt"]),
    B_ADDED: ({"b_was_read": False}, ["b.txt"]),
    C_REMOVED: ({"c_was_read": True}, []),
    TURNED: ({"turned": True}, []),
    CODE_CHANGED: ({"code": "c2"}, []),
    N_CHANGED: ({"n": "20"}, []),
    CHECKER_CHANGED: ({"checker": "timestamp"}, ["a.txt", "b.txt"]),
}
OF_THE_RUN = [FORCED, FAILED, INTERRUPTED]

# A reason -> those that say nothing beside it.
HIDES = {
    NEVER_BUILT: {*SITUATIONS} - {*OF_THE_RUN},
    CHECKER_CHANGED: {TARGET_CHANGED, A_CHANGED},
    B_ADDED: {TURNED},
    C_REMOVED: {TURNED},
}


def said(*reasons: Reason) -> list[Reason]:
    """Return which of some reasons a verdict gives, in its order."""
    hidden = {other for reason in reasons for other in HIDES.get(reason, set()) - {reason}}
    return [reason for reason in SITUATIONS if reason in reasons and reason not in hidden]


def otherwise(*reasons: Reason) -> Situation:
    """Return the situation in which all of some reasons are so."""
    changes = [change for reason in reasons for change in SITUATIONS[reason][0].items()]
    return Situation(**dict(changes))


# An attempt does not end in two ways.
PAIRS = [pair for pair in combinations(SITUATIONS, 2) if pair != (FAILED, INTERRUPTED)]


def test_every_reason_of_a_stage_with_files_is_in_the_pairs() -> None:
    elsewhere = {Why.ALWAYS, Why.INPUT_MISSING, Why.INPUT_UNREADABLE}
    assert {reason.why for reason in SITUATIONS} == set(Why) - elsewhere
    assert judge(TWO_TARGETS, Situation().seen(), Situation().known()).state is State.FRESH


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} and {pair[1]}")
def test_two_reasons_together_are_both_given(pair: tuple[Reason, Reason]) -> None:
    situation = otherwise(*pair)
    verdict = judge(TWO_TARGETS, situation.seen(), situation.known())
    assert verdict == Verdict(TWO_TARGETS, State.STALE, tuple(said(*pair)))
    changed = {path for reason in pair for path in SITUATIONS[reason][1]}
    assert changed_inputs(verdict) == sorted(changed)


@pytest.mark.parametrize("reason", SITUATIONS, ids=str)
def test_beside_an_input_that_is_missing_no_other_reason_is_given(reason: Reason) -> None:
    situation = replace(otherwise(reason), b=None)
    verdict = judge(TWO_TARGETS, situation.seen(), situation.known())
    missing = (Reason(Why.INPUT_MISSING, "b.txt"),)
    assert verdict == Verdict(TWO_TARGETS, State.ERROR, missing)


@pytest.mark.parametrize("reason", [*OF_THE_RUN, CODE_CHANGED, N_CHANGED, CHECKER_CHANGED], ids=str)
def test_a_stage_that_always_runs_says_what_else_is_so(reason: Reason) -> None:
    situation, stage = otherwise(reason), Stage("squares")
    seen = replace(situation.seen(), inputs={}, outputs={}, uptodate=())
    known = situation.known()
    assert known.record is not None
    known = replace(known, record=replace(known.record, targets=(), inputs={}, outputs={}))
    together = (reason, ALWAYS) if reason is FORCED else (ALWAYS, reason)
    assert judge(stage, seen, known) == Verdict(stage, State.STALE, together)


NO_FILES = replace(SEEN, inputs={}, outputs={})
BUILT = Known(replace(RECORD, inputs={}, outputs={}, targets=()), AttemptState.BUILT)
YES, NO = (("run once", True),), (("run once", False),)
NOT_ONCE = Reason(Why.NOT_UPTODATE, "run once")

# name: what is there now, what is known -> state, reasons
NEITHER: dict[str, tuple[Seen, Known, State, list[Reason]]] = {
    "no uptodate, never built": (NO_FILES, NOTHING_KNOWN, State.STALE, [ALWAYS]),
    "no uptodate, built": (NO_FILES, BUILT, State.STALE, [ALWAYS]),
    "no uptodate, built, other code": (
        code({"square": "c2"}, NO_FILES),
        BUILT,
        State.STALE,
        [ALWAYS, CODE_CHANGED],
    ),
    "uptodate says yes, never built": (
        replace(NO_FILES, uptodate=YES),
        NOTHING_KNOWN,
        State.FRESH,
        [],
    ),
    "uptodate says no, never built": (
        replace(NO_FILES, uptodate=NO),
        NOTHING_KNOWN,
        State.STALE,
        [NOT_ONCE],
    ),
    "uptodate says yes, built": (replace(NO_FILES, uptodate=YES), BUILT, State.FRESH, []),
    "uptodate says no, built": (replace(NO_FILES, uptodate=NO), BUILT, State.STALE, [NOT_ONCE]),
    "uptodate says yes, built, other argument": (
        arguments({"n": "20"}, replace(NO_FILES, uptodate=YES)),
        BUILT,
        State.STALE,
        [N_CHANGED],
    ),
    "uptodate says yes, but the last attempt failed": (
        replace(NO_FILES, uptodate=YES),
        attempted(AttemptState.FAILED, None),
        State.STALE,
        [FAILED],
    ),
    "uptodate says yes, forced": (
        replace(NO_FILES, uptodate=YES, forced=True),
        BUILT,
        State.STALE,
        [FORCED],
    ),
}


@pytest.mark.parametrize("case", NEITHER)
def test_a_stage_with_neither_inputs_nor_targets(case: str) -> None:
    seen, known, state, reasons = NEITHER[case]
    stage = Stage("squares")
    verdict = judge(stage, seen, known)
    assert verdict == Verdict(stage, state, tuple(reasons))
    assert changed_inputs(verdict) == []


ONLY_TARGET = replace(SEEN, inputs={})
MADE = Known(replace(RECORD, inputs={}), AttemptState.BUILT)

# name: what is there now, what is known -> state, reasons
NO_INPUT: dict[str, tuple[Seen, Known, State, list[Reason]]] = {
    "never built": (target(None, ONLY_TARGET), NOTHING_KNOWN, State.STALE, [NEVER_BUILT]),
    "nothing changed": (ONLY_TARGET, MADE, State.FRESH, []),
    "target missing": (target(None, ONLY_TARGET), MADE, State.STALE, [TARGET_MISSING]),
    "target edited by hand": (target("s2", ONLY_TARGET), MADE, State.STALE, [TARGET_CHANGED]),
    "code changed": (code({"square": "c2"}, ONLY_TARGET), MADE, State.STALE, [CODE_CHANGED]),
    "argument changed": (arguments({"n": "20"}, ONLY_TARGET), MADE, State.STALE, [N_CHANGED]),
    "uptodate says no": (
        replace(ONLY_TARGET, uptodate=(("older", False),)),
        MADE,
        State.STALE,
        [OLDER],
    ),
    "had inputs once": (
        ONLY_TARGET,
        KNOWN,
        State.STALE,
        [Reason(Why.INPUT_REMOVED, "a.txt"), Reason(Why.INPUT_REMOVED, "b.txt")],
    ),
}


@pytest.mark.parametrize("case", NO_INPUT)
def test_a_stage_with_a_target_and_no_input(case: str) -> None:
    seen, known, state, reasons = NO_INPUT[case]
    stage = Stage("squares", (), ("squares.txt",))
    assert judge(stage, seen, known) == Verdict(stage, state, tuple(reasons))


def test_inputs_that_moved_are_those_with_another_state_than_before() -> None:
    before = {"a": "1", "b": "2", "c": "3", "d": None}
    assert moved(before, dict(before)) == []
    assert moved(before, {"a": "1", "b": "9", "c": None, "d": None}) == ["b", "c"]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (FORCED, "forced"),
        (A_CHANGED, "input changed: a.txt"),
        (N_CHANGED, "argument changed: n 10 → 20"),
        (Reason(Why.ARGUMENT_CHANGED, "m", None, "1"), "argument changed: m (none) → 1"),
        (Reason(Why.ARGUMENT_CHANGED, "m", "1", None), "argument changed: m 1 → (none)"),
        (CHECKER_CHANGED, "checker changed: content → timestamp"),
    ],
)
def test_a_reason_in_words(reason: Reason, text: str) -> None:
    assert str(reason) == text


@pytest.mark.parametrize(
    ("state", "pending"),
    [(state, state in (State.STALE, State.WAITS)) for state in State],
)
def test_downstream_of_what_will_or_may_run_cannot_be_judged_yet(
    state: State, pending: bool
) -> None:
    assert Verdict(STAGE, state).pending is pending
