"""A proof of all stages at once: what it covers, and when it is noted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from doit.task import Task

from datamake import overall
from datamake.declared import Batch, Declared
from datamake.model import Fresh, Meaning, Record, Stage
from datamake.overall import Overall
from datamake.proofs import Proofs
from datamake.store import Store


def act() -> None: ...


def other() -> None: ...


def code(function: FunctionType) -> str:
    return function.__name__


def item(number: int, **more: Any) -> dict[str, Any]:
    name = {} if "basename" in more else {"name": number}
    return {**name, "file_dep": ["raw"], "targets": [f"{number}"], "actions": [act], **more}


def batch(*items: dict[str, Any], name: str = "copy") -> Batch:
    return Batch(name, list, items)


def both() -> list[Task]:
    return [batch(item(0), item(1))]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which two stages have proofs, as many as are enough."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(overall, "FEWEST", 1)
    for name in ("raw", "0", "1"):
        Path(name).write_text(name)
    store = Store.open(".datamake/store.sqlite")
    found = []
    for number in "01":
        stage = Stage(f"copy:{number}", ("raw",), (number,))
        record = Record(stage.name, stage.targets, Meaning({}, {}, {}), "content", {}, {number: ""})
        version = store.commit(stage, record, release=True)
        found.append((Fresh(stage, {}, version), number.encode()))
    store.prove(found)
    yield store
    store.close()


def noted(store: Store, tasks: list[Task], said: Any = "settings") -> Overall:
    made = Overall(Proofs(said, code), store)
    assert made.proves(tasks) == 0
    made.record()
    return made


def proves(store: Store, tasks: list[Task], said: Any = "settings") -> int:
    return Overall(Proofs(said, code), store).proves(tasks)


def test_what_was_noted_proves_as_many_stages(store: Store) -> None:
    noted(store, both())
    assert proves(store, both()) == 2


@pytest.mark.parametrize(
    "tasks",
    [
        [batch(item(0))],
        [batch(item(1), item(0))],
        [batch(item(0), item(1), name="other")],
        [batch(item(0)), batch(item(1))],
        [batch(item(0), item(1, actions=[other]))],
        [batch(item(0), item(1, name=2))],
        [batch(item(0), item(1, basename="1"))],
        [batch(item(0), item(1, targets=["0"]))],
        [batch(item(0), item(1, file_dep=[]))],
        [batch(item(0), item(1, file_dep=["raw", "0"]))],
        [batch(item(0), item(1, verbosity=2))],
        [Declared(item(0, name="copy:0")), Declared(item(1, name="copy:1"))],
    ],
)
def test_whatever_tasks_say_counts(store: Store, tasks: list[Task]) -> None:
    noted(store, both())
    assert proves(store, tasks) == 0
    assert proves(store, both()) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda: Path("raw").write_text("other"),
        lambda: os.utime("0", (1, 1)),
        lambda: os.remove("1"),
        lambda: [change("1") for change in (os.remove, os.mkdir)],
    ],
    ids=["content", "time", "gone", "folder"],
)
def test_any_change_of_a_file_leaves_no_proof(store: Store, change: Callable[[], object]) -> None:
    noted(store, both())
    change()
    assert proves(store, both()) == 0


def test_other_settings_leave_no_proof(store: Store) -> None:
    noted(store, both())
    assert proves(store, both(), "other settings") == 0


@pytest.mark.parametrize(
    "task",
    [
        Task("plain", None),
        batch(item(1, uptodate=[True])),
        batch(item(1, task_dep=["other"])),
        batch(item(1, meta={"retries": 1})),
        batch(item(1, file_dep=[], targets=[])),
        batch({"name": 1, "targets": ["1"]}),
        batch(item(1, targets=["\udce9"])),
        Batch("made", list),
    ],
)
def test_what_hangs_on_more_has_none(store: Store, task: Task) -> None:
    made = noted(store, [batch(item(0)), task])
    assert store.overall() is None
    assert made.take_stamps() == {}


def test_few_stages_are_looked_at_one_by_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overall, "FEWEST", 3)
    noted(store, both())
    assert store.overall() is None


def test_none_is_looked_for_where_a_stage_is_known_to_be_stale(store: Store) -> None:
    noted(store, both())
    store.forget("copy:1")
    assert store.overall() is None
    made = Overall(Proofs("settings", code), store)
    assert made.proves(both()) == 0
    assert made.take_stamps() == {}


@pytest.mark.parametrize("change", ["forget", "ignore"])
def test_nothing_is_noted_where_somebody_else_changed_anything(store: Store, change: str) -> None:
    made = Overall(Proofs("settings", code), store)
    assert made.proves(both()) == 0
    elsewhere = Store.open(store.path)
    getattr(elsewhere, change)("copy:1")
    elsewhere.close()
    made.record()
    assert store.overall() is None


def test_any_change_of_a_record_drops_what_was_noted(store: Store) -> None:
    noted(store, both())
    stage = Stage("copy:0", ("raw",), ("0",))
    record = Record(stage.name, stage.targets, Meaning({}, {}, {}), "content", {}, {"0": ""})
    store.commit(stage, record, release=True)
    assert store.overall() is None


def test_what_was_looked_at_is_handed_on_once(store: Store) -> None:
    os.remove("1")
    made = noted(store, both())
    stamps = made.take_stamps()
    assert stamps.keys() == {"raw", "0"}
    assert made.take_stamps() == {}
    proofs = Proofs("settings", code)
    proofs.look_anew(stamps)
    os.remove("0")
    assert proofs.now(b"", {"file_dep": ["raw"], "targets": ["0"]}) is not None
    proofs.look_anew()
    assert proofs.now(b"", {"file_dep": ["raw"], "targets": ["0"]}) is None
