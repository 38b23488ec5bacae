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
#: Inches: the width of an axes with curves and of that with final values, and
#: the height; of a letter, of a line of the legend and of a mark in it, and of
#: a variant's place among the final values.
_CURVES, _FINALS, _HEIGHT = 5.25, 3.5, 4.0
_LETTER, _LINE, _MARK, _PLACE = 0.085, 0.23, 0.6, 0.27


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
    as the worst; a cross at the edge marks each. The legend stands below.

    Args:
        runs: list of `Run`s.
        results: run name -> result.
        summary: the `Summary`.
        metric: a `Metric` that all results and validations have.
        workdir: folder that holds the runs' folders.
    """
    variants = [row.variant for row in summary.rows]
    names = [shortened(name, _LONGEST) for name in variants]
    by_epoch, by_time, finals = _axes(names)
    groups = [
        [run.name for run in runs if run.variant == each] for each in variants
    ]
    logs = {
        run.name: metrics_file.read(workdir / run.name, "validation")
        for run in runs
    }
    found = courses(groups, results, logs, metric)
    _plot_curves(by_epoch, names, found, metric, [1] * len(names))
    by_epoch.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_epoch.set(xlabel="epoch", ylabel=validated(runs, results, metric))
    _add_legend(by_epoch, names)
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


def _axes(names):
    """Returns the axes of a new figure that has room for these names."""
    widths = _CURVES, _CURVES, _FINALS
    lines = math.ceil(len(names) / _columns(names))
    height = max(_HEIGHT, _PLACE * len(names) + 1) + _LINE * lines
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=(_width(names), height), layout="constrained")
    return figure.subplots(1, 3, width_ratios=widths)


def _width(names):
    return 2 * _CURVES + _FINALS + _LETTER * max(map(len, names))


def _columns(names):
    """Returns how many names stand side by side in the legend."""
    column = _LETTER * max(map(len, names)) + _MARK
    return min(len(names), int(_width(names) / column))


def _add_legend(axes, names):
    """Says below all axes what the lines are: on them it would hide some."""
    axes.figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=_columns(names),
    )


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
            some[~lost],
            places[~lost],
            s=20,
            color=_color(i),
            marker=marker(i),
            alpha=0.4,
        )
        axes.scatter(
            _drawn(some[lost], edge), places[lost], c=_color(i), marker="x"
        )
        center, low, high = _drawn(np.array(interval(some)[:3]), edge)
        axes.errorbar(
            center,
            i,
            xerr=[[center - low], [high - center]],
            fmt="|",
            markersize=14,
            capsize=5,
            elinewidth=2,
            color=_color(i),
        )
    _mark_edge(axes, numbers, edge, "x")
    axes.set(xlabel=f"{metric.split} {metric.name}")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()  # the first one on top, as in the table
    axes.grid(alpha=0.3)


def _color(index):
    """Returns the color that a variant has on a light page, too."""
    return LIGHT[color(index)]


def _drawn(numbers, edge):
    return np.where(np.isfinite(numbers), numbers, edge)


def _mark_edge(axes, numbers, edge, along="y"):
    """Marks where diverged runs are drawn on the axis of the metric."""
    if np.isfinite(numbers).all():
        return
    said = {"color": "gray", "fontsize": "small", "ha": "right"}
    where = {"xytext": (-2, 2), "textcoords": "offset points"}
    if along == "y":
        axes.axhline(edge, color="gray", ls=":", lw=1)
        place, of = (1, edge), ("axes fraction", "data")
    else:
        axes.axvline(edge, color="gray", ls=":", lw=1)
        place, of = (edge, 1), ("data", "axes fraction")
        said |= {"rotation": "vertical", "va": "top"}
        where["xytext"] = (-2, -2)
    axes.annotate("diverged", place, xycoords=of, **where, **said)
