"""What actions say of themselves, and how it arrives: from here, from threads, from forks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest
from doit.task import Stream, Task

from datamake.show import events
from datamake.show.hearing import Hearing
from datamake.tracking import Progress, track
from datamake.voice import MOST_CHARACTERS, Advanced, Mouth, Speaker, Voice, speaker, speaking


class Listening:
    """A hearing, and what it handed on."""

    def __init__(self) -> None:
        self.heard: list[events.Event] = []
        self.hearing = Hearing(self.heard.append)

    def all(self) -> list[events.Event]:
        self.hearing.all_said()
        return self.heard

    def progress(self) -> list[tuple[str, float, float | None, str]]:
        found = [event for event in self.all() if isinstance(event, events.Progress)]
        return [(event.stage, event.done, event.total, event.unit) for event in found]

    def printed(self, stream: str = "stdout") -> str:
        found = [event for event in self.all() if isinstance(event, events.Printed)]
        return "".join(event.text for event in found if event.stream == stream)

    def voice(self, *, named: bool = True, all_of_it: bool = False) -> Voice:
        return Voice(Stream(2), self.hearing.mouth, named=named, all_of_it=all_of_it)


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.hearing.close()


def task(name: str = "squares", **declared: object) -> Task:
    return Task(name, ["true"], **declared)


def forked(does: Callable[[], None]) -> None:
    """Do something in a process that is forked for it."""
    child = os.fork()
    if not child:
        try:
            does()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


# Progress


def test_items_are_counted_and_the_last_word_is_right(listening: Listening) -> None:
    with speaking(task(), listening.voice()):
        assert list(track(range(5000))) == list(range(5000))
    said = listening.progress()
    assert said[0] == ("squares", 0.0, 5000.0, "items")
    assert said[-1] == ("squares", 5000.0, 5000.0, "items")
    assert len(said) < 100


def test_who_leaves_early_has_done_so_much(listening: Listening) -> None:
    with speaking(task(), listening.voice()):
        for number in track(iter(range(100)), total=100, unit="files"):
            if number == 2:
                break
    assert listening.progress()[-1] == ("squares", 2.0, 100.0, "files")


def test_outside_of_a_run_the_iterable_itself_is_iterated() -> None:
    items = [1, 2, 3]
    assert speaker() is None
    assert type(track(items)) is type(iter(items))
    progress = Progress()
    progress.update(5, total=10)
    progress.say()


def test_what_is_updated_often_is_said_seldom_and_nothing_is_lost(listening: Listening) -> None:
    progress = Progress(Speaker("squares", listening.hearing.mouth), total=1000, unit="B")
    for _ in range(1000):
        progress.update(1)
    assert len(listening.progress()) < 50
    progress.say()
    assert listening.progress()[-1] == ("squares", 1000.0, 1000.0, "B")


def test_how_much_there_is_is_said_at_once(listening: Listening) -> None:
    progress = Progress(Speaker("squares", listening.hearing.mouth))
    progress.update(0)
    progress.update(0, total=70, unit="rows")
    assert listening.progress()[-1] == ("squares", 0.0, 70.0, "rows")


def test_threads_and_forked_processes_are_added_up(listening: Listening) -> None:
    progress = Progress(Speaker("squares", listening.hearing.mouth), total=40)

    def ten() -> None:
        for _ in range(10):
            progress.update()
        progress.say()

    for _ in range(2):
        thread = threading.Thread(target=ten)
        thread.start()
        thread.join()
        forked(ten)
    assert listening.progress()[-1] == ("squares", 40.0, 40.0, "")


def test_of_several_bars_the_oldest_is_shown(listening: Listening) -> None:
    with speaking(task(), listening.voice()):
        for _ in track(range(3), unit="files"):
            list(track(range(10), unit="lines"))
        after = list(track(range(2), unit="after"))
    said = listening.progress()
    assert len(after) == 2
    assert {unit for *_, unit in said} == {"files", "after"}


def test_a_further_attempt_counts_from_the_start(listening: Listening) -> None:
    for _ in range(2):
        with speaking(task(), listening.voice()):
            Progress(speaker(), total=10).update(3)
    assert listening.progress() == [("squares", 3.0, 10.0, "")] * 2


def test_nobody_is_harmed_where_nobody_listens(listening: Listening) -> None:
    other = Listening()
    mouth = other.hearing.mouth
    other.hearing.close()
    assert not mouth.say(Advanced("squares", "1", "1", 1.0, None, ""))
    Progress(Speaker("squares", mouth)).update(1)
    # The number is another's now: nothing must be written to that.
    reading, writing = os.pipe()
    Progress(Speaker("squares", Mouth(writing, (0, 0)))).update(1)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


# Output


def test_lines_are_said_whole_and_a_last_one_without_its_end_too(listening: Listening) -> None:
    with speaking(task(), listening.voice()):
        out, err = listening.voice()._get_out_err(2)
        out.write("one\ntw")
        assert listening.printed() == "one\n"
        out.write("o\nthree")
        err.write("warned\n")
    assert listening.printed() == "one\ntwo\nthree\n"
    assert listening.printed("stderr") == "warned\n"


def test_much_output_arrives_in_order_and_breaks_between_lines(listening: Listening) -> None:
    lines = "".join(f"line {number}\n" for number in range(5000))
    long = "x" * (3 * MOST_CHARACTERS)
    with speaking(task(), listening.voice()):
        out, _ = listening.voice()._get_out_err(2)
        forked(lambda: out.write(lines))
        out.write(f"{long}\nbytes \udcff\n")
    texts = [event.text for event in listening.all() if isinstance(event, events.Printed)]
    assert "".join(texts) == f"{lines}{long}\nbytes \\udcff\n"
    assert all(text.endswith("\n") for text in texts[:3])


def test_streams_are_as_verbose_as_doit_says(listening: Listening) -> None:
    named, everything = listening.voice(), listening.voice(all_of_it=True)
    with speaking(task(), named):
        assert [stream is None for stream in named._get_out_err(0)] == [True, True]
        assert [stream is None for stream in named._get_out_err(1)] == [True, False]
        assert None not in everything._get_out_err(0)
    plain = listening.voice(named=False)._get_out_err(1)
    assert plain == Stream(1)._get_out_err(1)


def test_a_stage_that_is_not_captured_writes_where_it_runs(listening: Listening) -> None:
    with speaking(task(io={"capture": False}), listening.voice()):
        assert listening.voice()._get_out_err(2) == Stream(2)._get_out_err(2)


def test_a_run_that_does_not_listen_has_nobody_speak() -> None:
    with speaking(task(), Stream(2)):
        assert speaker() is None
