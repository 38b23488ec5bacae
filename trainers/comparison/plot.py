"""A comparison's picture: learning curves and final values with intervals.

Diverged runs count as the worst, see `curves`; what is no finite number is
drawn at the picture's worse edge, which has its own mark.
"""

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .curves import courses, edge, final
from .intervals import interval

_LONGEST = 40  # characters of a name; longer ones leave the axes no room


def plot_comparison(runs, results, summary, metric, workdir):
    """Writes `summary.png` into `workdir`; arguments as of `drawn`."""
    figure = drawn(runs, results, summary, metric, workdir)
    figure.savefig(workdir / "summary.png", dpi=120)


def drawn(runs, results, summary, metric, workdir):
    """Returns the picture of a comparison, a `matplotlib.figure.Figure`.

    Left, the validation metric by epoch: the Hodges-Lehmann center over the
    seeds and its 95 % signed-rank interval; in the middle the same by seconds
    of training, of which each epoch has its share of the variant's median run;
    right, the final metric of each run, and the same of it. Diverged runs count
    as the worst; a cross at the edge marks each.

    Args:
        runs: list of `Run`s.
        results: run name -> result.
        summary: the `Summary`.
        metric: a `Metric` that all results and validations have.
        workdir: folder that holds the runs' folders.
    """
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=(14, 4), layout="constrained")
    by_epoch, by_time, finals = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    variants = [row.variant for row in summary.rows]
    groups = [[run for run in runs if run.variant == each] for each in variants]
    names = list(map(_short, variants))
    found = courses(groups, results, metric, workdir)
    _plot_curves(by_epoch, names, found, metric, [1] * len(names))
    by_epoch.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_epoch.set(xlabel="epoch", ylabel=_validated(groups, results, metric))
    by_epoch.legend()
    shares = [
        row.seconds / max(len(course), 1)
        for row, course in zip(summary.rows, found, strict=True)
    ]
    _plot_curves(by_time, names, found, metric, shares)
    by_time.set(xlabel="seconds of training")
    values = [
        [final(results[run.name], metric) for run in mine] for mine in groups
    ]
    _plot_finals(finals, names, values, metric)
    return figure


def _short(name):
    """Returns a name without its middle if it is long."""
    if len(name) <= _LONGEST:
        return name
    half = _LONGEST // 2
    return f"{name[: half - 1]}…{name[-half:]}"


def _validated(groups, results, metric):
    """Returns what the curves show, with the kind of statistics if it counts.

    Batch norms are validated by their moving statistics, while the final
    metric is that of others.
    """
    found = [(run, results[run.name]) for runs in groups for run in runs]
    moving = any(
        result.get("population") and not run.config.population.validation
        for run, result in found
    )
    kind = ", with moving statistics" if moving else ""
    return f"validation {metric.name}{kind}"


def _plot_curves(axes, names, courses, metric, units):
    """Plots the courses over their epochs, each of so many units long."""
    numbers = [
        end for course in courses for found in course for end in found[:3]
    ]
    worse = edge(numbers, metric)
    for i, (name, course) in enumerate(zip(names, courses, strict=True)):
        if not math.isfinite(units[i]):  # half of the runs or more diverged
            continue
        shown = np.array([found[:3] for found in course]).reshape(-1, 3)
        center, low, high = _drawn(shown, worse).T
        x = units[i] * np.arange(1, len(course) + 1)
        # A line of one epoch has no length, and its band no width.
        alone = len(course) == 1
        axes.plot(
            x, center, label=name, color=f"C{i}", marker="o" if alone else ""
        )
        axes.vlines(x[:alone], low[:alone], high[:alone], color=f"C{i}")
        axes.fill_between(x, low, high, color=f"C{i}", alpha=0.15, lw=0)
    _mark_edge(axes, numbers, worse)
    axes.grid(alpha=0.3)


def _plot_finals(axes, names, values, metric):
    numbers = [value for some in values for value in some]
    worse = edge(numbers, metric)
    for i, some in enumerate(values):
        color = f"C{i}"
        some = np.array(some, float)
        lost = ~np.isfinite(some)
        places = np.full(len(some), i)
        axes.scatter(places[~lost], some[~lost], color=color, alpha=0.4)
        axes.scatter(
            places[lost], _drawn(some[lost], worse), c=color, marker="x"
        )
        center, low, high = _drawn(np.array(interval(some)[:3]), worse)
        axes.errorbar(
            i,
            center,
            yerr=[[center - low], [high - center]],
            fmt="_",
            markersize=14,
            capsize=5,
            color=color,
        )
    _mark_edge(axes, numbers, worse)
    axes.set(ylabel=f"{metric.split} {metric.name}")
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", rotation=30)
    axes.grid(alpha=0.3)


def _drawn(numbers, worse):
    return np.where(np.isfinite(numbers), numbers, worse)


def _mark_edge(axes, numbers, worse):
    if not np.isfinite(numbers).all():
        axes.axhline(worse, color="gray", ls=":", lw=1)
        axes.annotate(
            "diverged",
            (1, worse),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            color="gray",
            fontsize="small",
        )
