"""TensorBoard's HParams tab: a row for each variant, and for each run."""

import math

from tensorboard.plugins.hparams import api as hp
from tensorboard.plugins.hparams import summary_v2

from ...common.errors import writing
from ...run.events import PREFIX, ScalarEvents
from ..sweep import SEED

_DIVERGED = "diverged"


def _difference(key):
    return f"{key}_difference"


def write_hparams(run, result, keys, metrics, folder, base=None):
    """Writes one run's hyperparameters and final metrics as its trial.

    A diverged run has `diverged` = 1 and the worst value of each metric, 0 for
    an accuracy; none where the worst is infinite, as of a loss.

    Args:
        run: a `Run`.
        result: its result.
        keys: dotted config keys, the same for all runs: the tab shows no run
            that lacks one.
        metrics: the `Metric`s that tell how good a run is, the primary first.
        folder: of the run.
        base: the result of the baseline with the same seed, for the difference
            of the primary metric; None where there is none.
    """
    values = {key: _look_up(run.config, key) for key in keys}
    diverged = result["status"] == "diverged"
    with writing(f"The events in {folder}"):
        for old in folder.glob(f"{PREFIX}*"):
            old.unlink()
    # The first is in every run: one without any metric would not be shown.
    shown = {_DIVERGED: diverged, **_shown(result, metrics, base)}
    with ScalarEvents(folder) as events:
        events.add(summary_v2.hparams_pb(values, trial_id=run.name), step=0)
        events.write(_finite(shown), step=0)


def _shown(result, metrics, base):
    shown = {metric.key: shown_value(metric, result) for metric in metrics}
    if base is not None:
        first = metrics[0]
        other = shown_value(first, base)
        shown[_difference(first.key)] = shown[first.key] - other
    return shown


def shown_value(metric, result):
    """Returns a result's number; the worst possible one if it diverged."""
    value = result.get(metric.key)
    if result["status"] == "diverged" or value is None:
        return metric.bounds[0 if metric.higher_is_better else 1]
    return value


def experiment(table, summary):
    """Returns the summary that tells the tab its columns.

    The primary metric comes first, its paired difference next.

    Args:
        table: as of `settings`.
        summary: the `Summary`.
    """
    keys = next(iter(table.values()))
    columns = {key: {row[key] for row in table.values()} for key in keys}
    first, *others = summary.columns
    shown = {
        first.key: first.called,
        _difference(first.key): f"difference to {summary.baseline}",
        **{metric.key: metric.called for metric in others},
        _DIVERGED: "diverged runs",
        "seconds": "seconds of training",
        "parameters": "weights",
        "memory": "bytes of memory",
    }
    return summary_v2.hparams_config_pb(
        [hp.HParam(k, hp.Discrete(sorted(v))) for k, v in columns.items()],
        [hp.Metric(tag, display_name=name) for tag, name in shown.items()],
    )


def trial(row, table):
    """Returns the summary that makes a folder the row of a variant."""
    return summary_v2.hparams_pb(table[row.variant], trial_id=row.variant)


def finals(row, summary):
    """Returns tag -> value of a variant: centers over its seeds.

    What is infinite is left out.
    """
    found = {key: each.center for key, each in row.intervals.items()}
    key = summary.columns[0].key
    if key in row.differences:
        found[_difference(key)] = row.differences[key].center
    found |= {
        _DIVERGED: row.diverged,
        "seconds": row.seconds,
        "parameters": row.parameters,
        "memory": math.nan if row.memory is None else row.memory,
    }
    return _finite(found)


def _finite(found):
    return {tag: x for tag, x in found.items() if math.isfinite(x)}


def settings(rows, configs, design):
    """Returns variant -> key -> value, of all that was swept or tuned.

    A key has values of one type, which the tab needs. Tuned is what most seeds
    chose.

    Args:
        rows: the `Row`s.
        configs: variant -> the config of one of its runs.
        design: the `Design`.
    """
    every = [key for over in design.variants.values() for key in over]
    swept = [key for key in dict.fromkeys(every) if key != SEED]
    columns = {
        key: [_look_up(configs[row.variant], key) for row in rows]
        for key in swept
    }
    for key in design.tuned:
        columns[key] = [max(r.chosen[key], key=r.chosen[key].get) for r in rows]
    columns = columns or {"variant": [row.variant for row in rows]}
    columns = {key: _uniform(values) for key, values in columns.items()}
    return {
        row.variant: {key: values[i] for key, values in columns.items()}
        for i, row in enumerate(rows)
    }


def _uniform(values):
    """Returns values of one type: numbers, or else texts."""
    if all(isinstance(value, bool) for value in values):
        return values
    numbers = all(
        isinstance(value, (int, float)) and not isinstance(value, bool)
        for value in values
    )
    return list(map(float if numbers else str, values))


def _look_up(config, key):
    value = config.to_dict()
    for part in key.split("."):
        value = value[part]
    if isinstance(value, dict):
        value = value.get("name", value)
    # The tab knows strings, numbers and booleans.
    return value if isinstance(value, (str, int, float)) else str(value)
