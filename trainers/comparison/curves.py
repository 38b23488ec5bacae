"""The course of a comparison's runs over their epochs, failures included.

A diverged run is not left out, for a variant would look the better the more
bad runs it lost. It counts as worse than any other from the epoch on in which
it diverged.
"""

import math

import numpy as np

from ..run import metrics_file
from .intervals import interval

_MARGIN = 0.08  # of the range of what is drawn


def final(result, metric):
    """Returns what a run ends with; infinitely bad if it diverged."""
    value = result.get(metric.key)
    if result["status"] == "diverged" or value is None:
        return _worst(metric)
    return value


def course(lines, result, metric, epochs):
    """Returns the curve of a run, one number for each logged epoch.

    Args:
        lines: of its log, oldest first.
        result: of the run.
        metric: a `Metric`.
        epochs: how many numbers; a diverged run has ended before, and is
            infinitely bad from there on.
    """
    worst = _worst(metric)
    values = [line[metric.name] for line in lines]
    values = [worst if value is None else value for value in values]
    if result["status"] == "diverged":
        values += [worst] * (epochs - len(values))
    return values


def courses(groups, results, metric, workdir, split="validation"):
    """Returns the `Interval` of each epoch over the runs of each group.

    Args:
        groups: lists of `Run`s.
        results: run name -> result.
        metric: a `Metric` that all lines of the split have. Of one without a
            direction failures are left out, since none of its ends is bad.
        workdir: folder that holds the runs' folders.
        split: of the log's lines.
    """
    logs = [
        [metrics_file.read(workdir / r.name, split) for r in runs]
        for runs in groups
    ]
    # Where all have diverged: before the first validation perhaps.
    longest = max(1, *(len(lines) for some in logs for lines in some))
    return [
        _course(runs, some, results, metric, longest)
        for runs, some in zip(groups, logs, strict=True)
    ]


def _course(runs, logs, results, metric, longest):
    found = [results[run.name] for run in runs]
    ended = [
        len(lines)
        for lines, result in zip(logs, found, strict=True)
        if result["status"] != "diverged"
    ]
    epochs = max(ended, default=longest)
    curves = [
        course(lines, result, metric, epochs)
        for lines, result in zip(logs, found, strict=True)
    ]
    by_epoch = (
        [curve[i] for curve in curves if i < len(curve)] for i in range(epochs)
    )
    return [interval(_counted(values, metric)) for values in by_epoch]


def _counted(values, metric):
    if metric.higher_is_better is not None:
        return values
    return [value for value in values if math.isfinite(value)]


def edge(numbers, metric):
    """Returns where what is infinitely bad is drawn: beyond all the rest."""
    numbers = np.array(numbers, float)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return 0.0
    margin = _MARGIN * (np.ptp(finite) or 1.0)
    if metric.higher_is_better:
        return finite.min() - margin
    return finite.max() + margin


def _worst(metric):
    return -math.inf if metric.higher_is_better else math.inf
