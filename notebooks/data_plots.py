"""Pictures of the data: who logs in, when, from where, with what, and what the model sees of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator
from style import colours

from authrisk.evaluation.report.palette import BLUE, GREEN, GREY, ORANGE, RED
from authrisk.features.catalogue import FEATURES, GROUPS

_SPANS_S = {"1 s": 1, "1 min": 60, "1 h": 3_600, "1 d": 86_400, "30 d": 2_592_000}
_LANES = 8


def overview(events: pl.DataFrame) -> Figure:
    """Six pictures of a frame of events; only its successful logins are drawn."""
    logins = events.filter(pl.col("outcome").is_in(["success", "unknown"]))
    figure = plt.figure(figsize=(13, 7))
    # Two rows that are laid out apart: long names below must not push the pictures above.
    upper, lower = (part.subplots(1, 3) for part in figure.subfigures(2, 1, squeeze=False)[:, 0])
    _logins_per_user(upper[0], logins)
    _hours(upper[1], logins)
    _gaps(upper[2], logins)
    if logins["src_country"].count() or not logins["src_host"].count():
        _top(lower[0], logins["src_country"], "Countries")
    else:
        _top(lower[0], logins["src_host"], "Source hosts")
    _concentration(lower[1], logins["src_asn"])
    client = pl.concat_str("device_type", "os", "browser", separator=" / ", ignore_nulls=True)
    clients = logins.select(client.alias("client").replace("", None)).to_series()
    _top(lower[2], clients, "Devices: type / system / browser")
    return figure


def user_timeline(events: pl.DataFrame, user: str) -> Figure:
    """Every attempt of one user: when (UTC), from which network (lane), with what (colour)."""
    mine = events.filter(pl.col("user_id") == user).with_columns(
        lane=_named(_network(), "no address"),
        client=_named(pl.concat_str("browser", "os", separator=", "), "client not given"),
    )
    lanes, clients = _most_frequent(mine["lane"]), _most_frequent(mine["client"])
    figure, axes = plt.subplots(figsize=(13, 1.6 + 0.42 * len(lanes)))
    for client, colour in zip(clients, colours(len(clients)), strict=True):
        part = mine.filter(pl.col("client") == client)
        good = part.filter(pl.col("outcome") != "failure")
        bad = part.filter(pl.col("outcome") == "failure")
        axes.plot(
            good["timestamp"].to_numpy(), _lane(good, lanes), "o", color=colour, alpha=0.7,
            markersize=7, markeredgewidth=0, label=f"{client} ({part.height})",
        )  # fmt: skip
        axes.plot(
            bad["timestamp"].to_numpy(), _lane(bad, lanes), "x", color=colour, markersize=8,
            markeredgewidth=2,
        )  # fmt: skip
    axes.set_yticks(range(len(lanes)), lanes)
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    dates = AutoDateLocator(maxticks=9)
    axes.xaxis.set_major_locator(dates)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(dates))
    axes.set_xlabel("time (UTC); a cross is a failed attempt")
    axes.set_title(f"User {user}: {mine.height} attempts, by network and client")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="browser, system (attempts)")
    return figure


def window(rows: npt.NDArray[np.float32], title: str) -> Figure:
    """One scaled window (T, F) as a picture: steps down, features across, sorted by group."""
    groups = [*GROUPS, "history"]
    order = sorted(range(len(FEATURES)), key=lambda f: groups.index(FEATURES[f].group))
    names = [FEATURES[f].group for f in order]
    figure, axes = plt.subplots(figsize=(13, 4.2))
    image = axes.imshow(
        rows[:, order], aspect="auto", cmap="RdBu_r", vmin=-3, vmax=3, interpolation="nearest"
    )
    axes.grid(visible=False)
    for i, group in enumerate(g for g in groups if g in names):
        first, size = names.index(group), names.count(group)
        axes.axvline(first - 0.5, color="black", linewidth=0.8)
        axes.annotate(
            f"{group} ({size})", (first, 1.02 + 0.07 * (i % 2)),
            xycoords=("data", "axes fraction"), fontsize=10,
        )  # fmt: skip
    last = len(rows) - 1
    steps = list(range(last, -1, -3))
    axes.set_yticks(steps, ["now" if s == last else str(s - last) for s in steps])
    axes.set_ylabel("login before the current one")
    axes.set_xlabel("features, by group (number of features)")
    axes.set_title(title, pad=34)
    figure.colorbar(image, label="scaled value", pad=0.01)
    return figure


def _logins_per_user(axes: Axes, logins: pl.DataFrame) -> None:
    counts = np.sort(logins.drop_nulls("user_id").group_by("user_id").len()["len"].to_numpy())
    axes.step(counts, 100 * (1 - np.arange(counts.size) / max(1, counts.size)), color=BLUE)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.minorticks_off()
    axes.set_xlabel("successful logins (log)")
    axes.set_ylabel("% of users with that many")
    axes.set_title(f"Logins per user ({counts.size:,} users)")


def _hours(axes: Axes, logins: pl.DataFrame) -> None:
    hours = logins["timestamp"].dt.hour().to_numpy()
    share = 100 * np.bincount(hours, minlength=24) / max(1, hours.size)
    axes.bar(range(24), share, color=GREEN, width=0.85)
    axes.set_xticks(range(0, 24, 6))
    axes.set_xlabel("hour of day (UTC)")
    axes.set_ylabel("% of logins")
    axes.set_title("When")


def _gaps(axes: Axes, logins: pl.DataFrame) -> None:
    gaps = (
        logins.drop_nulls("user_id")
        .sort("timestamp")
        .select(pl.col("timestamp").diff().over("user_id").dt.total_milliseconds() / 1_000)
        .drop_nulls()
        .to_series()
        .to_numpy()
    )
    edges = np.geomspace(1, 400 * 86_400, 50)
    height, _ = np.histogram(np.clip(gaps, 1, None), edges)
    axes.stairs(100 * height / max(1, gaps.size), edges, fill=True, color=ORANGE)
    axes.set_xscale("log")
    axes.set_xticks(list(_SPANS_S.values()), list(_SPANS_S))
    axes.minorticks_off()
    axes.set_xlabel("time since the user's last login (log)")
    axes.set_ylabel("% of logins")
    axes.set_title("Gaps")


def _top(axes: Axes, values: pl.Series, title: str) -> None:
    axes.set_title(title)
    named = values.drop_nulls()
    axes.set_xlabel("% of logins")
    if named.is_empty():
        _say_absent(axes)
        return
    top = named.value_counts(sort=True).head(_LANES)
    share = 100 * top["count"].to_numpy() / len(values)
    axes.barh(range(top.height), share, color=BLUE)
    axes.set_yticks(range(top.height), top[named.name].to_list(), fontsize=9)
    axes.invert_yaxis()


def _concentration(axes: Axes, systems: pl.Series) -> None:
    counts = np.sort(systems.drop_nulls().value_counts()["count"].to_numpy())[::-1]
    axes.set_title(f"Networks: {counts.size:,} autonomous systems")
    axes.set_xlabel("busiest systems (log)")
    axes.set_ylabel("% of logins they carry")
    if not counts.size:
        _say_absent(axes)
        return
    axes.plot(np.arange(1, counts.size + 1), 100 * np.cumsum(counts) / counts.sum(), color=RED)
    axes.axhline(90, color=GREY, linewidth=1, linestyle="--")
    axes.set_xscale("log")
    axes.set_ylim(0, 102)


def _say_absent(axes: Axes) -> None:
    axes.annotate("not in this log", (0.5, 0.5), xycoords="axes fraction", ha="center")
    axes.set_yticks([])


def _network() -> pl.Expr:
    name = pl.col("src_as_name").str.slice(0, 26)
    system = pl.coalesce(name, pl.format("AS{}", "src_asn"))
    place = pl.concat_str("src_country", system, separator=" · ")
    return pl.coalesce(place, "src_ip", "src_host")


def _named(value: pl.Expr, missing: str) -> pl.Expr:
    return pl.coalesce(value, pl.lit(missing))


def _most_frequent(values: pl.Series) -> list[str]:
    counts = values.value_counts(sort=True).sort(["count", values.name], descending=[True, False])
    return counts[values.name].head(_LANES).to_list()


def _lane(rows: pl.DataFrame, lanes: list[str]) -> npt.NDArray[np.float64]:
    """The lane of each row; what is in none of them is not drawn."""
    places = {lane: float(i) for i, lane in enumerate(lanes)}
    return np.array([places.get(name, np.nan) for name in rows["lane"]])
