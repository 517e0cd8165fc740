"""Numbers for Prometheus: how many stages stand how, what runs, how long it takes."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from datamake.model import State
from datamake.serve.site import Site
from datamake.serve.snapshot import FAILED, RUNNING

# Who watches one of them is to see that it is none, too.
STATES = tuple(state.value for state in State if state is not State.GROUP)


class Numbers(Collector):
    """Collects the numbers of one site when they are asked for.

    Names of stages are no labels: there may be a hundred thousand.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterator[Metric]:
        """Yield each kind of number."""
        site = self._site
        stages = GaugeMetricFamily("datamake_stages", "Stages by state.", labels=["state"])
        none = dict.fromkeys((*STATES, RUNNING, FAILED), 0)
        for state, count in {**none, **site.live.counts()}.items():
            stages.add_metric([state], count)
        yield stages
        running = len(site.live.running())
        yield GaugeMetricFamily("datamake_running_stages", "Stages being built.", value=running)
        runs = len(site.follower.runs_now)
        yield GaugeMetricFamily("datamake_running_runs", "Runs under way.", value=runs)
        snapshot = site.live.snapshot
        yield GaugeMetricFamily(
            "datamake_seen_timestamp_seconds",
            "When the project was judged last.",
            value=0.0 if snapshot is None else snapshot.taken,
        )
        yield GaugeMetricFamily(
            "datamake_loadable",
            "Whether the dodo.py can be loaded.",
            value=0.0 if site.follower.error else 1.0,
        )
        yield from self._attempts()
        listeners = site.feed.listeners
        yield GaugeMetricFamily("datamake_page_listeners", "Open pages.", value=listeners)

    def _attempts(self) -> Iterator[Metric]:
        count = CounterMetricFamily("datamake_attempts", "Attempts by their end.", labels=["state"])
        seconds = CounterMetricFamily(
            "datamake_attempt_seconds", "How long attempts took.", labels=["state"]
        )
        with self._site.store() as store:
            for state, number, took in store.history.totals():
                count.add_metric([state], number)
                seconds.add_metric([state], took)
        yield count
        yield seconds


def metrics(site: Site) -> tuple[bytes, str]:
    """Return the numbers in Prometheus's text format, and the type of that."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Numbers(site))
    return generate_latest(registry), CONTENT_TYPE_LATEST
