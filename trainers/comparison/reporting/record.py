"""A comparison as JSON: everything that its reports are made from."""

import dataclasses
import math

from ml_collections import ConfigDict

from ...common.provenance import provenance
from ...common.structures import plain

#: Of all intervals of a comparison.
METHOD = "Wilcoxon signed-rank, Hodges-Lehmann center"
RANGE = "range of the values"


def record(summary, command, runs):
    """Returns a `Summary` as a JSON-ready dict, as `summary.json` holds it.

    `folder.summary_of` makes a `Summary` of it again.

    JSON has no infinite numbers: an end of an interval that diverged runs
    leave open is the string `"inf"` or `"-inf"`, which `float()` reads. null
    is what does not exist: the value of a run that diverged, or what the
    baseline and a variant without shared seeds cannot have.

    Args:
        summary: a `Summary`.
        command: the command line.
        runs: the `Run`s that count.
    """
    return ready(
        {
            "about": summary.about,
            "sentence": summary.sentence,
            "notes": summary.notes,
            "design": design_record(summary.design),
            "level": summary.level,
            "metrics": [dataclasses.asdict(m) for m in summary.columns],
            "looks": [look._asdict() for look in summary.looks],
            "changes": summary.changes,
            "rows": [_row(row, summary) for row in summary.rows],
            "runs": [
                {"name": r.name, "variant": r.variant, "seed": r.seed}
                for r in runs
            ],
            "command": command,
            **provenance(),
        }
    )


def design_record(design):
    """Returns a `Design` as a dict; the metric by its key."""
    fields = {
        field.name: getattr(design, field.name)
        for field in dataclasses.fields(design)
    }
    return fields | {"metric": design.metric.key}


def _row(row, summary):
    levels = dict.fromkeys(summary.metrics, 0.95)
    of_differences = levels | {summary.metrics[0]: summary.level}
    shown = row._asdict()
    judgment = shown.pop("judgment")
    return shown | {
        "intervals": _intervals(row.intervals, levels),
        "differences": _intervals(row.differences, of_differences),
        "moving": _intervals(row.moving, levels),
        "verdict": row.verdict,
        "seeds": judgment and judgment.seeds,
        "seeds_needed": judgment and judgment.seeds_needed,
    }


def _intervals(intervals, levels):
    return {
        key: {
            **found._asdict(),
            "method": METHOD if found.level >= levels[key] else RANGE,
        }
        for key, found in intervals.items()
    }


def ready(value):
    """Returns a value that JSON can hold: keys are strings, numbers finite."""
    if isinstance(value, ConfigDict):
        value = value.to_dict()
    if isinstance(value, dict):
        return {_text(key): ready(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [ready(item) for item in value]
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _text(key):
    return key if isinstance(key, str) else str(key)
