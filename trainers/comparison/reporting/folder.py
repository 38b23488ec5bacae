"""A comparison read back from its folder, so that reports can be made again."""

import contextlib
import json
import math
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from ...common.errors import InputError
from ...common.metric import Metric
from ...run import metrics_file
from ..design import Design, Look
from ..intervals import Interval
from ..judgment import Judgment
from ..summary import Row, Summary

NAME = "summary.json"


class Chosen(NamedTuple):
    """A run that counts: of the learning rates, say, the one that was chosen.

    Attributes:
        name: of its folder.
        variant: such as `"norm=batch"`.
        seed: the seed.
        config: what the result depends on, a `ConfigDict`.
    """

    name: str
    variant: str
    seed: int
    config: Any


class Held(NamedTuple):
    """What the folder of a comparison holds.

    Attributes:
        name: of the folder.
        workdir: its path.
        summary: the `Summary`.
        command: the command line.
        made_with: versions and devices, see `provenance`.
        runs: the `Chosen` runs.
        results: name of a run -> its result.
        logs: name of a run -> the lines of its validations, oldest first.
    """

    name: str
    workdir: Any
    summary: Summary
    command: str
    made_with: dict
    runs: list
    results: dict
    logs: dict

    def runs_of(self, variant):
        """Returns the names of the runs of a variant."""
        return [run.name for run in self.runs if run.variant == variant]


def read(workdir):
    """Returns what a finished comparison's folder holds, as `Held`.

    Raises:
        InputError: it holds no finished comparison, or one that an older
            version has written.
    """
    path = workdir / NAME
    held = _json(path)
    if "runs" not in held:
        raise InputError(
            f"{path} comes from an older version. Repeat the command of the "
            "comparison: it trains nothing again and writes all reports."
        )
    runs = [_chosen(workdir, each) for each in held["runs"]]
    return Held(
        name=workdir.resolve().name,
        workdir=workdir,
        summary=summary_of(held),
        command=held["command"],
        made_with=held,
        runs=runs,
        results={run.name: _json(workdir / run.name / "DONE") for run in runs},
        logs={
            run.name: metrics_file.read(workdir / run.name, "validation")
            for run in runs
        },
    )


def _json(path):
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise InputError(
            f"{path} is missing, so there is no finished comparison to report "
            "on. Repeat its command, or name another workdir."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error


def _chosen(workdir, each):
    config = _json(workdir / each["name"] / "config.json")["config"]
    return Chosen(**each, config=ConfigDict(config))


def summary_of(held):
    """Returns the `Summary` that `record` made a dict of.

    Args:
        held: as `summary.json` has it.
    """
    columns = tuple(map(_metric, held["metrics"]))
    return Summary(
        design=_design(held["design"], columns[0]),
        looks=tuple(Look(**look) for look in held["looks"]),
        level=held["level"],
        columns=columns,
        rows=tuple(_row(row, columns[0].key) for row in held["rows"]),
        changes=tuple(held["changes"]),
        about=held["about"],
        sentence=held["sentence"],
        notes=tuple(held["notes"]),
    )


def _metric(fields):
    bounds = tuple(map(float, fields["bounds"]))
    return Metric(**{**fields, "bounds": bounds})


def _design(fields, metric):
    tuples = {k: tuple(v) for k, v in fields.items() if isinstance(v, list)}
    return Design(**{**fields, **tuples, "metric": metric})


def _row(fields, primary):
    fields = dict(fields)
    verdict, seeds, needed = (
        fields.pop(key) for key in ("verdict", "seeds", "seeds_needed")
    )
    for key in ("intervals", "differences", "moving"):
        fields[key] = {k: _interval(v) for k, v in fields[key].items()}
    for key in ("chosen", "at_edge"):
        fields[key] = {k: _counts(v) for k, v in fields[key].items()}
    fields["values"] = {
        key: {int(seed): value for seed, value in by_seed.items()}
        for key, by_seed in fields["values"].items()
    }
    fields["seconds"] = float(fields["seconds"])
    judgment = None
    if fields["differences"]:
        shown = fields["differences"][primary]
        judgment = Judgment(shown, verdict, seeds, needed)
    return Row(**fields, judgment=judgment)


def _interval(fields):
    # null is NaN: the center without shared seeds.
    numbers = (fields[key] for key in Interval._fields)
    return Interval(*(math.nan if n is None else float(n) for n in numbers))


def _counts(counts):
    return {_value(key): count for key, count in counts.items()}


def _value(text):
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return text
