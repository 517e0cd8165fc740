"""Which tasks a run has to look at, given which are proved fresh by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from doit.task import DelayedLoader, Task, result_dep

from datamake import pruning
from datamake.declared import Declared
from datamake.makers import Makers
from datamake.pruning import Pruned, prune

ROOT = "/project"


def plain(name: str, reads: str = "", makes: str = "", group: str | None = None) -> Declared:
    """A plain task that reads and makes files, given as words."""
    paths = {"file_dep": reads.split(), "targets": makes.split()}
    return Declared({"name": name, "actions": ["true"], **paths}, group)


def grouped(name: str, *members: Task) -> list[Task]:
    return [Task(name, None, has_subtask=True, task_dep=[m.name for m in members]), *members]


def full(name: str, **more: Any) -> Task:
    return Task(name, ["true"], **more)


def left(
    tasks: Sequence[Task], stale: str = "", words: Sequence[str] | None = None
) -> Pruned | None:
    """What is left where all plain tasks but some are proved fresh by themselves."""

    def fresh_of(needed: Any) -> dict[str, Task]:
        named = stale.split()
        return {n: t for n, t in needed.items() if isinstance(t, Declared) and n not in named}

    return prune(tasks, words, Makers(tasks, ROOT), fresh_of)


def names(pruned: Pruned | None) -> str:
    assert pruned is not None
    return " ".join(task.name for task in pruned.tasks)


CHAIN = ("a", "b", "c", "d", "alone")


def chain() -> list[Task]:
    """raw -> a -> b -> d, raw -> a -> c, and one alone."""
    return [
        *(plain("d", "b.txt", "d.txt"), plain("b", "a.txt", "b.txt"), plain("c", "a.txt", "c.txt")),
        *(plain("a", "raw.txt", "a.txt"), plain("alone", "raw.txt", "alone.txt")),
    ]


@pytest.mark.parametrize(
    ("stale", "remaining", "fresh"),
    [
        ("", "", 5),
        ("d", "d", 4),
        ("b", "d b", 3),
        ("a", "d b c a", 1),
        ("alone", "alone", 4),
        ("c alone", "c alone", 3),
        ("a b c d alone", "d b c a alone", 0),
    ],
)
def test_what_is_downstream_stays_in_the_order_of_definition(
    stale: str, remaining: str, fresh: int
) -> None:
    pruned = left(chain(), stale)
    assert names(pruned) == remaining
    assert pruned is not None
    assert (len(pruned.fresh), pruned.selected) == (fresh, None)
    assert list(pruned.known) == ["d", "b", "c", "a", "alone"]


@pytest.mark.parametrize(
    ("words", "stale", "remaining", "selected", "fresh"),
    [
        ("c", "", "", "", 2),
        ("c", "b d alone", "", "", 2),
        ("c", "a", "c a", "c", 0),
        ("c.txt", "c", "c", "c", 1),
        ("c.txt d", "b", "d b", "d", 2),
        ("al*", "alone", "alone", "alone", 0),
        ("*", "alone", "alone", "alone", 4),
        ("zzz*", "a", "", "", 0),
        ("alone c alone", "alone", "alone", "alone alone", 2),
    ],
)
def test_only_what_is_asked_for_and_its_upstream_counts(
    words: str, stale: str, remaining: str, selected: str, fresh: int
) -> None:
    pruned = left(chain(), stale, words.split())
    assert names(pruned) == remaining
    assert pruned is not None
    assert pruned.selected == selected.split()
    assert len(pruned.fresh) == fresh


@pytest.mark.parametrize("word", ["nobody", "./c.txt", "-x", "c:1", "/project/c.txt"])
def test_what_only_doit_understands_leaves_nothing_out(word: str) -> None:
    assert left(chain(), "", ["c", word]) is None


@pytest.mark.parametrize(
    "task",
    [
        full("late", loader=DelayedLoader(lambda: None)),
        full("calc", calc_dep=["a"]),
        full("wild", task_dep=["al*"]),
    ],
    ids=["create_after", "calc_dep", "wild card"],
)
def test_what_only_a_run_brings_up_leaves_nothing_out(task: Task) -> None:
    assert left([*chain(), task]) is None


def test_two_tasks_of_one_name_are_left_to_doit() -> None:
    assert left([*chain(), plain("a")]) is None


@pytest.mark.parametrize(
    "more",
    [{"pos_arg": "words"}, {"params": [{"name": "n", "short": "n", "default": 1}]}],
)
def test_words_for_a_task_that_takes_some_are_left_to_doit(more: dict[str, Any]) -> None:
    tasks = [*chain(), full("takes", **more)]
    assert left(tasks, "", ["takes", "a"]) is None
    assert names(left(tasks, "", ["a"])) == ""
    assert names(left(tasks)) == "takes"


# Groups and tasks that wait for others


def members(*numbers: int) -> Iterable[Declared]:
    return (plain(f"part:{n}", f"raw{n}.txt", f"part{n}.txt", "part") for n in numbers)


def test_a_group_waits_for_what_is_left_of_it() -> None:
    pruned = left(grouped("part", *members(0, 1, 2)), "part:1")
    assert names(pruned) == "part part:1"
    assert pruned is not None
    assert pruned.tasks[0].task_dep == ["part:1"]
    assert len(pruned.fresh) == 2


def test_a_group_of_nothing_is_left_out_with_those_that_wait_for_it_alone() -> None:
    tasks = [*grouped("part", *members(0, 1)), Task("all", None, task_dep=["part"])]
    pruned = left(tasks)
    assert pruned is not None
    assert (names(pruned), len(pruned.fresh)) == ("", 2)


def test_who_waits_for_fresh_tasks_waits_for_nothing() -> None:
    pruned = left([*chain(), full("said", task_dep=["a", "nobody"])])
    assert names(pruned) == "said"
    assert pruned is not None
    # What is not there at all is for doit to refuse.
    assert pruned.tasks[0].task_dep == ["nobody"]


@pytest.mark.parametrize(
    ("asks", "remaining"),
    [
        ({"getargs": {"x": ("part", "x")}}, "part part:0 part:1 asks"),
        ({"getargs": {"x": ("part:1", "x")}}, "part part:1 asks"),
        ({"uptodate": [result_dep("part")]}, "part part:0 part:1 asks"),
        ({"uptodate": [result_dep("part:0")]}, "part part:0 asks"),
        ({"setup": ["part:0"]}, "part part:0 asks"),
        ({"setup": ["part"]}, "part part:0 part:1 asks"),
    ],
    ids=str,
)
def test_whom_a_task_asks_stays_with_it(asks: dict[str, Any], remaining: str) -> None:
    tasks = [*grouped("part", *members(0, 1)), full("asks", **asks)]
    assert names(left(tasks)) == remaining


def test_each_of_a_chain_of_groups_of_nothing_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    only_waits = pruning._only_waits

    def heard(task: Task) -> bool:
        looks.append(task.name)
        return only_waits(task)

    monkeypatch.setattr(pruning, "_only_waits", heard)
    chain = [Task(f"g{n}", None, task_dep=[f"g{n - 1}"] if n else []) for n in range(3_000)]
    assert names(left([*reversed(chain), full("waits", task_dep=["g2999"])])) == "waits"
    assert len(looks) == 3_001


def test_an_empty_group_stays_where_somebody_asks_for_it() -> None:
    tasks = [*grouped("part"), full("asks", getargs={"x": ("part", "x")})]
    assert names(left(tasks)) == "part asks"


# Folders


def test_who_reads_in_a_folder_that_may_be_made_again_stays() -> None:
    tasks = [
        plain("unpack", "raw.zip", "pages"),
        plain("one", "pages/deep/1.txt", "one.txt"),
        plain("two", "one.txt", "two.txt"),
        plain("other", "pages-not/1.txt", "other.txt"),
    ]
    assert names(left(tasks, "unpack")) == "unpack one two"


def test_spellings_of_a_path_are_one() -> None:
    tasks = [plain("a", "raw.txt", "./a.txt"), plain("b", "/project/a.txt", "b.txt")]
    assert names(left([*tasks, plain("c", "x/../b.txt", "c.txt")], "a")) == "a b c"


def test_asking_for_who_reads_a_folder_asks_for_who_makes_what_is_in_it() -> None:
    tasks = [
        *(plain("names", "pages", "names.txt"), plain("whole", "", "pages")),
        *(plain("one", "", "pages/1.txt"), plain("two", "", "elsewhere/2.txt")),
    ]
    assert names(left(tasks, "names whole one two", ["names"])) == "names whole one"
    tasks = [plain("all", ".", "../all.txt"), plain("one", "", "1.txt")]
    assert names(left(tasks, "all one", ["all"])) == "all one"
