"""Draws how time and memory grow, on logarithmic scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.growth import Point

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MARKERS = ("o", "s", "^", "D")


def draw(lines: Mapping[str, Sequence[Point]], path: Path) -> None:
    """Draw seconds and megabytes against N, with a straight line for what is proportional to N."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    _panel(axes[0], lines, lambda point: point.seconds, "time in s")
    _panel(axes[1], lines, lambda point: point.peak_bytes / 1e6, "peak memory in MB")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _panel(
    axes: Any, lines: Mapping[str, Sequence[Point]], value: Callable[[Point], float], unit: str
) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for (name, points), colour, marker in zip(lines.items(), COLOURS, MARKERS, strict=True):
        counts, values = [p.count for p in points], [value(p) for p in points]
        axes.plot(counts, values, color=colour, marker=marker, label=name)
    everything = [point for points in lines.values() for point in points]
    most, least = max(p.count for p in everything), min(p.count for p in everything)
    top = max(value(point) for point in everything)
    axes.set(xscale="log", yscale="log", xlabel="N, tasks or past runs", ylabel=unit)
    axes.set_ylim(min(value(point) for point in everything) / 2, top * 2)
    # It ends where the highest line ends, so that its slope is compared with that one's.
    highest = max(everything, key=value).count
    axes.plot(
        [least, most],
        [top * least / highest, top * most / highest],
        color="0.6",
        linestyle=":",
        label="proportional to N",
    )
    axes.grid(which="major", color="0.9")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=20))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
        axis.set_minor_formatter(NullFormatter())
