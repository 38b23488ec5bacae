"""A comparison's picture: learning curves and final values with intervals.

A diverged run is not left out, for a variant would look the better the more
bad runs it lost. It counts as worse than any other from the epoch on in which
it diverged; what is no finite number is drawn at the picture's worse edge,
which has its own mark.
"""

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..common.files import replacing
from ..run import metrics_file
from .charts.edge import find_edge
from .charts.marks import color, marked, marker
from .charts.numbers import shortened
from .intervals import interval
from .page.palette import LIGHT
from .reporting.curves import courses, final, validated

_LONGEST = 40  # characters of a name; longer ones leave the axes no room
#: Width of an axes with curves and of that with final values, and the height;
#: and what a variant needs: its line of the legend, its name below the axes.
_CURVES, _FINALS, _HEIGHT = 5.25, 3.5, 4.0
_LINE, _NAME = 0.23, 0.3


def plot_comparison(runs, results, summary, metric, workdir):
    """Writes `summary.png` into `workdir`; arguments as of `drawn`."""
    figure = drawn(runs, results, summary, metric, workdir)
    with replacing(workdir / "summary.png", "The picture") as temporary:
        figure.savefig(temporary, dpi=120)


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
    variants = [row.variant for row in summary.rows]
    by_epoch, by_time, finals = _axes(len(variants))
    groups = [
        [run.name for run in runs if run.variant == each] for each in variants
    ]
    names = [shortened(name, _LONGEST) for name in variants]
    logs = {
        run.name: metrics_file.read(workdir / run.name, "validation")
        for run in runs
    }
    found = courses(groups, results, logs, metric)
    _plot_curves(by_epoch, names, found, metric, [1] * len(names))
    by_epoch.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_epoch.set(xlabel="epoch", ylabel=validated(runs, results, metric))
    by_epoch.legend()
    shares = [
        row.seconds / max(len(course), 1)
        for row, course in zip(summary.rows, found, strict=True)
    ]
    _plot_curves(by_time, names, found, metric, shares)
    by_time.set(xlabel="seconds of training")
    values = [
        [final(results[name], metric) for name in mine] for mine in groups
    ]
    _plot_finals(finals, names, values, metric)
    return by_epoch.figure


def _axes(variants):
    """Returns the axes of a new figure that has room for so many variants."""
    widths = _CURVES, _CURVES, max(_FINALS, _NAME * variants)
    size = sum(widths), max(_HEIGHT, _LINE * variants + 1)
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=size, layout="constrained")
    return figure.subplots(1, 3, width_ratios=widths)


def _plot_curves(axes, names, courses, metric, units):
    """Plots the courses over their epochs, each of so many units long."""
    numbers = [
        end for course in courses for found in course for end in found[:3]
    ]
    edge = find_edge(numbers, metric.higher_is_better)
    for i, (name, course) in enumerate(zip(names, courses, strict=True)):
        if not math.isfinite(units[i]):  # half of the runs or more diverged
            continue
        shown = np.array([found[:3] for found in course]).reshape(-1, 3)
        center, low, high = _drawn(shown, edge).T
        x = units[i] * np.arange(1, len(course) + 1)
        axes.plot(
            x,
            center,
            label=name,
            color=_color(i),
            marker=marker(i),
            markersize=5,
            markevery=marked(len(course)),
        )
        alone = len(course) == 1  # Its band has no width.
        axes.vlines(x[:alone], low[:alone], high[:alone], color=_color(i))
        axes.fill_between(x, low, high, color=_color(i), alpha=0.15, lw=0)
    _mark_edge(axes, numbers, edge)
    axes.grid(alpha=0.3)


def _plot_finals(axes, names, values, metric):
    numbers = [value for some in values for value in some]
    edge = find_edge(numbers, metric.higher_is_better)
    for i, some in enumerate(values):
        some = np.array(some, float)
        lost = ~np.isfinite(some)
        places = np.full(len(some), i)
        axes.scatter(
            places[~lost],
            some[~lost],
            color=_color(i),
            marker=marker(i),
            alpha=0.4,
        )
        axes.scatter(
            places[lost], _drawn(some[lost], edge), c=_color(i), marker="x"
        )
        center, low, high = _drawn(np.array(interval(some)[:3]), edge)
        axes.errorbar(
            i,
            center,
            yerr=[[center - low], [high - center]],
            fmt="_",
            markersize=14,
            capsize=5,
            color=_color(i),
        )
    _mark_edge(axes, numbers, edge)
    axes.set(ylabel=f"{metric.split} {metric.name}")
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", rotation=30)
    axes.grid(alpha=0.3)


def _color(index):
    """Returns the color that a variant has on a light page, too."""
    return LIGHT[color(index)]


def _drawn(numbers, edge):
    return np.where(np.isfinite(numbers), numbers, edge)


def _mark_edge(axes, numbers, edge):
    if not np.isfinite(numbers).all():
        axes.axhline(edge, color="gray", ls=":", lw=1)
        axes.annotate(
            "diverged",
            (1, edge),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            color="gray",
            fontsize="small",
        )
