"""The order of ready stages: longest way first, and how near that comes to the best there is."""

from __future__ import annotations

import heapq
import random

import pytest

from datamake.schedule import UNKNOWN_SECONDS, Ready, expected, longest_paths, makespan

Graph = dict[int, list[int]]


def test_a_way_is_as_long_as_what_waits_for_it() -> None:
    seconds = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0}
    upstream = {"c": ["a", "elsewhere"], "d": ["b", "c"]}
    assert longest_paths(seconds, upstream) == {"a": 13.0, "b": 10.0, "c": 12.0, "d": 8.0}


def test_how_long_stages_take_is_simulated() -> None:
    seconds = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0, "free": 0.0}
    upstream = {"c": ["a", "elsewhere"], "d": ["b", "free"], "free": ["a"]}
    assert makespan(seconds, upstream, 1) == 15.0
    assert makespan(seconds, upstream, 2) == 10.0
    assert makespan(seconds, upstream, 8) == 10.0
    assert makespan({"a": 3.0, "b": 3.0, "c": 3.0}, {}, 2) == 6.0
    assert makespan({}, {}, 2) == 0.0
    assert makespan({"a": 1.0, "b": 1.0, "c": 2.0}, {"a": ["b"], "b": ["a"]}, 1) == 2.0


def test_a_circle_does_not_go_on_for_ever() -> None:
    assert set(longest_paths({"a": 1.0, "b": 1.0}, {"a": ["b"], "b": ["a"]})) == {"a", "b"}


def test_what_is_not_known_takes_the_median_of_what_is() -> None:
    times = expected("abcd", {"a": 1.0, "b": 3.0, "c": 100.0}, free="b")
    assert times == {"a": 1.0, "b": 0.0, "c": 100.0, "d": 3.0}
    assert expected("a", {}) == {"a": UNKNOWN_SECONDS}


def test_the_longest_that_fits_is_taken_and_the_older_of_two() -> None:
    ready: Ready[str] = Ready()
    for name, path in (("short", 1.0), ("long", 9.0), ("first", 5.0), ("second", 5.0)):
        ready.add(name, path)
    assert ready.take(lambda name: name != "long") == "first"
    assert ready.take(lambda name: True) == "long"
    assert ready.take(lambda name: False) is None
    assert [ready.take(lambda name: True) for _ in range(3)] == ["second", "short", None]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("workers", [2, 3, 8])
def test_the_makespan_is_near_the_bound_or_the_best_list_schedule(seed: int, workers: int) -> None:
    """Within 5 % of the lower bound, or of the best of many random orders."""
    chance = random.Random(seed)
    upstream = _graph(chance)
    seconds = {name: chance.lognormvariate(0.0, 1.0) for name in upstream}
    paths = longest_paths(seconds, upstream)
    bound = max(*paths.values(), sum(seconds.values()) / workers)
    ours = _makespan(upstream, seconds, paths, workers)
    orders = ({name: chance.random() for name in upstream} for _ in range(60))
    best = min(_makespan(upstream, seconds, order, workers) for order in orders)
    assert ours <= 1.05 * max(bound, best)


def _graph(chance: random.Random) -> Graph:
    size = chance.randint(10, 80)
    return {
        name: chance.sample(range(name), min(name, chance.choice([0, 1, 1, 2, 3])))
        for name in range(size)
    }


def _makespan(
    upstream: Graph, seconds: dict[int, float], paths: dict[int, float], workers: int
) -> float:
    """Return when the last stage ends, where ready stages are taken as `Ready` has them."""
    left = {name: set(needs) for name, needs in upstream.items()}
    ready: Ready[int] = Ready()
    for name, needs in left.items():
        if not needs:
            ready.add(name, paths[name])
    now, running = 0.0, list[tuple[float, int]]()
    while len(ready) or running:
        while len(running) < workers and len(ready):
            taken = ready.take(lambda _: True)
            assert taken is not None
            heapq.heappush(running, (now + seconds[taken], taken))
        now, done = heapq.heappop(running)
        for name, needs in left.items():
            if done in needs:
                needs.remove(done)
                if not needs:
                    ready.add(name, paths[name])
    return now
