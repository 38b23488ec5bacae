"""A comparison's picture: learning curves and final values with intervals."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..run import metrics_file
from .statistics import estimate


def plot_comparison(runs, results, summary, metric, workdir):
    """Writes `summary.png` into `workdir`.

    Left, the validation metric by epoch, mean and 95 % interval over the
    seeds; right, the final metric of each run and its mean with interval.

    Args:
        runs: list of `Run`s.
        results: run name -> result.
        summary: the `Summary`.
        metric: a `Metric` that all results and validations have.
        workdir: folder that holds the runs' folders.
    """
    # `Figure` alone needs no display and leaves pyplot's state alone.
    figure = Figure(figsize=(10, 4), layout="constrained")
    curves, finals = figure.subplots(1, 2, width_ratios=(3, 2))
    for i, row in enumerate(summary.rows):
        mine = [run for run in runs if run.variant == row.variant]
        _plot_curve(curves, mine, row.variant, metric.name, workdir, f"C{i}")
        values = [results[run.name][metric.key] for run in mine]
        _plot_final(finals, i, values, estimate(_known(values)))
    curves.xaxis.set_major_locator(MaxNLocator(integer=True))
    curves.set(xlabel="epoch", ylabel=f"validation {metric.name}")
    curves.legend()
    curves.grid(alpha=0.3)
    finals.set(ylabel=f"{metric.split} {metric.name}")
    names = [row.variant for row in summary.rows]
    finals.set_xticks(range(len(names)), names)
    finals.tick_params(axis="x", rotation=30)
    finals.grid(alpha=0.3)
    figure.savefig(workdir / "summary.png", dpi=120)


def _plot_curve(axes, runs, label, name, workdir, color):
    curves = [_validation_curve(workdir / run.name, name) for run in runs]
    # Runs that diverged are shorter; there the mean is over the others.
    length = max(map(len, curves))
    means, widths = zip(
        *(
            estimate([c[i] for c in curves if i < len(c)])
            for i in range(length)
        ),
        strict=True,
    )
    epochs, means = np.arange(1, length + 1), np.array(means)
    widths = np.nan_to_num(widths)
    axes.plot(epochs, means, label=label, color=color)
    axes.fill_between(
        epochs, means - widths, means + widths, color=color, alpha=0.15, lw=0
    )


def _validation_curve(path, name):
    curve = [line[name] for line in metrics_file.read(path, "validation")]
    return [np.nan if value is None else value for value in curve]


def _plot_final(axes, position, values, mean):
    values = _known(values)
    axes.scatter(
        [position] * len(values), values, color=f"C{position}", alpha=0.4
    )
    axes.errorbar(
        position,
        mean.mean,
        yerr=np.nan_to_num(mean.half_width),
        fmt="_",
        markersize=14,
        capsize=5,
        color=f"C{position}",
    )


def _known(values):
    return [value for value in values if value is not None]
