"""Where files come from, as a store remembers it, with states that a test sets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from datamake.model import AttemptState, FileState, Meaning, Record, Stage
from datamake.origin import Origin, Standing
from datamake.past import Details, PastAttempt, PastRun
from datamake.process import Process
from datamake.provenance import Memory, Reach, trace
from datamake.store import Store


class Files:
    """A checker that knows the states it is told; of `locked` files it may not read any."""

    name = "content"

    def __init__(self) -> None:
        self.states: dict[str, FileState] = {}
        self.locked: set[str] = set()
        self.left_out: dict[str, Collection[str]] = {}

    def state(self, path: str, known: FileState = None, without: Collection[str] = ()) -> FileState:
        if path in self.locked:
            raise PermissionError(path)
        self.left_out[path] = tuple(without)
        return self.states.get(path)


class World:
    """A store with its history, and files, that stages are built in without doit."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.files = Files()
        self.declared: dict[str, str] = {}
        self.run = store.history.begin(PastRun(0, Process.current(), "ada", "doit", "", 0, 1.0))

    def build(self, stage: str, inputs: Collection[str], path: str, state: FileState) -> None:
        """Note that a stage built a path from inputs as they are now."""
        read = {name: self.files.states[name] for name in inputs}
        self.files.states[path] = state
        record = Record(stage, (path,), Meaning(), "content", read, {path: state})
        details = Details(inputs=read, outputs={path: state}, targets=(path,))
        attempt = PastAttempt(0, self.run, stage, AttemptState.BUILT, 2.0, 0.5, details)
        self.store.history.attempted(attempt, Meaning({stage: "d"}, {}, {stage: "text"}))
        self.store.commit(Stage(stage, (), (path,)), record)

    def trace(self, path: str) -> list[Origin]:
        # What stands in for a checker has no seal, no stamp and no renames.
        return list(trace(Memory(self.store, self.files, self.declared), path))  # type: ignore[arg-type]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store.open(str(tmp_path / "store.sqlite"))
    yield World(store)
    store.close()


def shape(origins: list[Origin]) -> list[tuple[int, str, str]]:
    return [(o.depth, o.path, o.maker.stage if o.maker else "") for o in origins]


def test_back_to_the_raw_data(world: World) -> None:
    world.files.states["raw"] = "r"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.build("total", ["tidy.txt", "raw"], "total.txt", "s")
    told = world.trace("total.txt")
    assert shape(told) == [
        (0, "total.txt", "total"),
        (1, "tidy.txt", "tidy"),
        (2, "raw", ""),
        (1, "raw", ""),
    ]
    assert [origin.told for origin in told] == [False, False, False, True]
    assert {origin.standing for origin in told} == {Standing.SAME}


def test_the_version_that_was_read_is_traced_and_not_a_later_one(world: World) -> None:
    world.files.states["raw"] = "old"
    world.build("tidy", ["raw"], "tidy.txt", "t1")
    world.build("total", ["tidy.txt"], "total.txt", "s")
    world.files.states["raw"] = "new"
    world.build("tidy", ["raw"], "tidy.txt", "t2")
    told = {origin.path: origin for origin in world.trace("total.txt")}
    assert (told["tidy.txt"].state, told["tidy.txt"].standing) == ("t1", Standing.REBUILT)
    assert (told["raw"].state, told["raw"].standing) == ("old", Standing.CHANGED)
    newer = {origin.path: origin for origin in world.trace("tidy.txt")}
    assert newer["raw"].state == "new"


def test_the_same_content_made_again_later_is_not_what_was_read(world: World) -> None:
    world.files.states.update(raw="1")
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.build("total", ["tidy.txt"], "total.txt", "s")
    world.files.states["raw"] = "2"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    assert [o.state for o in world.trace("total.txt") if o.path == "raw"] == ["1"]
    assert [o.state for o in world.trace("tidy.txt") if o.path == "raw"] == ["2"]


def test_an_older_content_that_was_put_back_is_traced_as_what_it_is(world: World) -> None:
    world.files.states["raw"] = "1"
    world.build("tidy", ["raw"], "tidy.txt", "t1")
    world.files.states["raw"] = "2"
    world.build("tidy", ["raw"], "tidy.txt", "t2")
    world.files.states["tidy.txt"] = "t1"
    first, raw = world.trace("tidy.txt")
    assert (first.state, first.standing, raw.state) == ("t1", Standing.SAME, "1")


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        ("t", Standing.SAME),
        ("edited", Standing.CHANGED),
        (None, Standing.MISSING),
        (12, Standing.OTHER_KIND),
    ],
)
def test_how_a_built_file_stands(world: World, now: FileState, standing: Standing) -> None:
    world.files.states["raw"] = "r"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.files.states["tidy.txt"] = now
    told = world.trace("tidy.txt")[0]
    assert (told.state, told.standing) == ("t", standing)
    assert told.maker is not None
    assert not told.maker.edited


def test_a_file_that_can_not_be_read_is_told_of_all_the_same(world: World) -> None:
    world.files.states["raw"] = "r"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.files.locked = {"tidy.txt", "raw"}
    assert [o.standing for o in world.trace("tidy.txt")] == [Standing.UNREADABLE] * 2


def test_an_input_that_no_stage_left_like_this_was_edited(world: World) -> None:
    world.files.states["raw"] = "r"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.files.states["tidy.txt"] = "edited"
    world.build("total", ["tidy.txt"], "total.txt", "s")
    told = world.trace("total.txt")[1]
    assert told.state == "edited"
    assert told.maker is not None
    assert (told.maker.stage, told.maker.edited) == ("tidy", True)


def test_where_no_attempt_is_remembered_the_record_tells(world: World) -> None:
    record = Record(
        *("old", ("a.txt",), Meaning({"f": "d"}), "content", {"raw": "r"}, {"a.txt": "a"}),
        parameters="n=1 token=abc",
    )
    world.files.states.update({"raw": "r", "a.txt": "a"})
    world.store.commit(Stage("old", (), ("a.txt",)), record)
    told = world.trace("a.txt")
    assert shape(told) == [(0, "a.txt", "old"), (1, "raw", "")]
    maker = told[0].maker
    assert maker is not None
    assert (maker.run, maker.attempt, maker.code) == (None, 0, {"f": "d"})
    assert maker.parameters == "n=1 token=(hidden)"


def test_functions_are_named_before_constants_and_imports(world: World) -> None:
    source = {"a": "import os", "b": "B = 1", "c": "class C: ...", "d": "def d(): ...", "e": "@x"}
    meaning = Meaning({name: f"digest of {name}" for name in source}, {}, source)
    world.files.states["a.txt"] = "a"
    record = Record("old", ("a.txt",), meaning, "content", {}, {"a.txt": "a"})
    world.store.commit(Stage("old", (), ("a.txt",)), record)
    (told,) = world.trace("a.txt")
    assert told.maker is not None
    assert list(told.maker.code) == ["c", "d", "e", "b", "a"]


def test_a_path_in_a_folder_comes_from_who_makes_the_folder(world: World) -> None:
    world.files.states["raw"] = "r"
    world.build("split", ["raw"], "parts", "folder:p")
    world.files.states["parts/a"] = "a"
    world.build("one", ["parts/a"], "one.txt", "o")
    assert shape(world.trace("one.txt")) == [
        (0, "one.txt", "one"),
        (1, "parts/a", "split"),
        (2, "raw", ""),
    ]


def test_what_a_stage_makes_in_a_folder_that_it_reads_is_no_part_of_that_input(
    world: World,
) -> None:
    world.files.states["data"] = "folder:d"
    world.build("inside", ["data"], "data/made.txt", "m")
    world.trace("data/made.txt")
    assert world.files.left_out["data"] == ("data/made.txt",)


def test_what_would_be_made_says_by_whom(world: World) -> None:
    world.declared = {"new.txt": "make"}
    (told,) = world.trace("new.txt")
    assert (told.maker, told.declared, told.state) == (None, "make", None)
    memory = Memory(world.store, world.files, world.declared)  # type: ignore[arg-type]
    assert memory.knows("new.txt")
    assert not memory.knows("nowhere.txt")
    assert memory.paths() == ["new.txt"]


def test_a_nearer_look_goes_so_many_levels_and_reads_no_list_of_all_records(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.files.states["raw"] = "r"
    world.build("tidy", ["raw"], "tidy.txt", "t")
    world.build("total", ["tidy.txt"], "total.txt", "s")

    def unasked(_: Store) -> Iterator[tuple[str, list[str]]]:
        raise AssertionError("all records were asked for")

    monkeypatch.setattr(Store, "targets", unasked)
    memory = Memory(world.store, world.files, {}, Reach(attempts=1, former=False))  # type: ignore[arg-type]
    assert shape(list(trace(memory, "total.txt", 1))) == [
        (0, "total.txt", "total"),
        (1, "tidy.txt", "tidy"),
    ]
    assert [o.path for o in trace(memory, "total.txt", 0)] == ["total.txt"]
