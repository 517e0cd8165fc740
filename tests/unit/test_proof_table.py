"""Proofs in the store, and who built what, for a few stages and for very many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datamake.model import Fresh, Stage
from datamake.process import Process
from datamake.proof_table import MOST_BY_NAME
from datamake.store import Store
from datamake.store_rows import Underway, new_token
from tests.unit.test_store import NO_UTF8, record, stage


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / ".datamake" / "store.sqlite"))
    yield store
    store.close()


def build(store: Store, of: Stage, proof: bytes) -> None:
    """Record a build, and prove it."""
    mine = Underway(of.name, of.targets, Process.current(), token=new_token())
    store.leases.acquire(of, mine, lambda holder, beat: False)
    version = store.commit(of, record(of), release=True)
    store.prove([(Fresh(of, {}, version), proof)])


def test_a_proof_is_found_by_the_name_of_its_stage(store: Store) -> None:
    for name in ("one", "two", NO_UTF8):
        build(store, stage(name, f"{name}.txt"), name.encode("utf-8", "replace"))
    assert store.proofs(["one"]) == {b"one"}
    assert store.proofs(["two", NO_UTF8]) == {b"two", NO_UTF8.encode("utf-8", "replace")}
    assert store.proofs([]) == frozenset()
    assert len(store.proofs(["any"] * (MOST_BY_NAME + 1))) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.forget("one"),
        lambda store: store.forget_all(),
        lambda store: store.commit(stage("one", "1.txt"), record(stage("one", "1.txt"))),
        lambda store: store.leases.acquire(
            stage("one", "1.txt"),
            Underway("one", ("1.txt",), Process.current(), token=new_token()),
            lambda holder, beat: False,
        ),
    ],
    ids=["forget", "forget all", "commit", "lease"],
)
def test_any_change_of_its_record_drops_a_proof(
    store: Store, change: Callable[[Store], object]
) -> None:
    build(store, stage("one", "1.txt"), b"1")
    assert store.proofs(["one"]) == {b"1"}
    change(store)
    assert store.proofs(["one"]) == frozenset()


def test_what_changed_since_is_not_proved(store: Store) -> None:
    of = stage("one", "1.txt")
    build(store, of, b"1")
    old = store.known(of).version - 1
    store.prove([(Fresh(of, {}, old), b"late")])
    assert store.proofs(["one"]) == {b"1"}


@pytest.mark.parametrize("count", [1, 3, MOST_BY_NAME + 1])
def test_who_built_what_is_told_of_a_few_paths_and_of_many(store: Store, count: int) -> None:
    paths = [f"{number}-{NO_UTF8}" for number in range(count)]
    for path in paths:
        of = stage(f"make {path}", path)
        store.commit(of, record(of, parameters="n=1"))
    asked = paths[:-1] if count > 1 else paths
    found = sorted(store.builders(asked))
    assert found == sorted((path, f"make {path}", "n=1") for path in asked)
    assert sorted(store.built_paths()) == sorted(paths)
