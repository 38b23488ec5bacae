"""Learning curves of variants: intervals over the seeds, epoch by epoch.

A diverged run is not left out, for a variant would look the better the more
bad runs it lost. It counts as worse than any other from the epoch on in which
it diverged.
"""

import math

from ..intervals import interval


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


def courses(groups, results, logs, metric):
    """Returns the `Interval` of each epoch over the runs of each group.

    Args:
        groups: lists of names of runs.
        results: name of a run -> result.
        logs: name -> the lines of its log, oldest first.
        metric: a `Metric` that the lines have. Of one without a direction
            failures are left out, since none of its ends is bad.
    """
    # Where all have diverged: before the first validation perhaps.
    longest = max(1, *(len(logs[name]) for names in groups for name in names))
    return [_course(names, results, logs, metric, longest) for names in groups]


def _course(names, results, logs, metric, longest):
    ended = [
        len(logs[name])
        for name in names
        if results[name]["status"] != "diverged"
    ]
    epochs = max(ended, default=longest)
    curves = [
        course(logs[name], results[name], metric, epochs) for name in names
    ]
    by_epoch = (
        [curve[i] for curve in curves if i < len(curve)] for i in range(epochs)
    )
    return [interval(_counted(values, metric)) for values in by_epoch]


def _counted(values, metric):
    if metric.higher_is_better is not None:
        return values
    return [value for value in values if math.isfinite(value)]


def validated(runs, results, metric):
    """Returns what the curves show, with the kind of statistics if it counts.

    Batch norms are validated by their moving statistics, while the final
    metric is that of others.

    Args:
        runs: all runs, with `name` and `config`.
        results: name of a run -> result.
        metric: the `Metric`.
    """
    moving = any(
        results[run.name].get("population")
        and not run.config.population.get("validation", False)
        for run in runs
    )
    kind = ", with moving statistics" if moving else ""
    return f"validation {metric.name}{kind}"


def _worst(metric):
    return -math.inf if metric.higher_is_better else math.inf
