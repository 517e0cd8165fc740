"""What a run notes in the history, and what it does not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from datamake.chronicle import Chronicle, Ended, checked_out, with_failure
from datamake.model import AttemptState, Meaning
from datamake.outcome import Failure
from datamake.past import Details, RunState
from datamake.store import Store

ENDED = Ended("squares", AttemptState.BUILT, 1_700_000_000.0, 0.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / "store.sqlite"))
    yield store
    store.close()


def building(chronicle: Chronicle, code: int) -> int:
    chronicle.begin()
    chronicle.begin()
    chronicle.attempted(ENDED, Details(), Meaning())
    return code


@pytest.mark.parametrize(
    ("code", "state"), [(0, RunState.DONE), (1, RunState.FAILED), (2, RunState.ERROR)]
)
def test_a_run_is_noted_once_with_how_it_ended(store: Store, code: int, state: RunState) -> None:
    chronicle = Chronicle(lambda: store, "doit squares", 2)
    assert chronicle.kept(lambda: building(chronicle, code)) == code
    (run,) = store.history.runs()
    assert (run.state, run.counts, run.command) == (state, {"built": 1}, "doit squares")
    assert [attempt.stage for attempt in store.history.attempts(run.id)] == ["squares"]


def test_an_action_that_raises_is_an_error_to_doit_and_a_failure_to_who_looks_back(
    store: Store,
) -> None:
    chronicle = Chronicle(lambda: store, "doit squares", 0)

    def failing() -> int:
        chronicle.begin()
        chronicle.attempted(
            replace(ENDED, state=AttemptState.FAILED), Details(failure="no"), Meaning()
        )
        return 2

    assert chronicle.kept(failing) == 2
    (run,) = store.history.runs()
    assert (run.state, run.counts) == (RunState.FAILED, {"failed": 1})


def test_a_run_that_attempts_nothing_leaves_no_note(store: Store) -> None:
    assert Chronicle(lambda: store, "doit", 0).kept(lambda: 0) == 0
    assert list(store.history.runs()) == []


@pytest.mark.parametrize(
    ("ending", "state"), [(KeyboardInterrupt, RunState.STOPPED), (OSError, RunState.ERROR)]
)
def test_what_ends_a_run_early_is_noted(
    store: Store, ending: type[BaseException], state: RunState
) -> None:
    chronicle = Chronicle(lambda: store, "doit", 0)

    def stopped() -> int:
        building(chronicle, 0)
        raise ending

    with pytest.raises(ending):
        chronicle.kept(stopped)
    (run,) = store.history.runs()
    assert run.state is state


def test_no_secret_is_noted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "correct horse")
    chronicle = Chronicle(lambda: store, "doit 'key=correct horse'", 0)
    chronicle.begin()
    (run,) = store.history.runs()
    assert run.command == "doit 'key=$DATABASE_PASSWORD'"
    failure = Failure("no user correct horse", (("a.py:1, in f", "login('correct horse')"),))
    told = with_failure(Details(), failure)
    assert told.failure == "no user $DATABASE_PASSWORD"
    assert told.where == (("a.py:1, in f", "login('$DATABASE_PASSWORD')"),)


def test_the_commit_is_that_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert checked_out() == ""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "-q"], check=True)
    assert checked_out() == ""
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert checked_out() == head.stdout.strip() != ""
    monkeypatch.setenv("PATH", "")
    assert checked_out() == ""
