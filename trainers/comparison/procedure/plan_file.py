"""`plan.json`: what counts, written before the first run, and each look.

A later call with another plan does not erase what had been seen: the earlier
plan stays in the file with its verdicts, and the change is said in words.
"""

import datetime
import itertools
import json
import math

from ...common.contents import by_content
from ...common.errors import InputError
from ...common.files import write_json
from ...common.provenance import provenance
from ...common.structures import plain
from ..looks import error_after
from ..trainers import trainer_of
from .changes import COUNTS, said, sentences

NAME = "plan.json"
_TAKEN, _EARLIER, _REPEATED = "looks_taken", "earlier", "repeated"


class Record:
    """The plan of a comparison in its workdir.

    Args:
        path: of the file.
        content: what it holds, a JSON-ready dict.
    """

    def __init__(self, path, content):
        self._path, self._content = path, content

    @property
    def changes(self):
        """Sentences on what was changed after a look."""
        plans = [*self._content[_EARLIER], self._content]
        found = [
            sentence
            for before, after in itertools.pairwise(plans)
            for sentence in sentences(before, after, now=after is plans[-1])
        ]
        found += self._content[_REPEATED]
        if len(plans) > 1:
            error = 100 * error_after(len(plans))
            found.append(
                f"Verdicts of {len(plans)} plans have been looked at: the "
                "probability that any of them is wrong is up to "
                f"{error:.0f} %, no longer 5 %."
            )
        return tuple(found)

    def look(self, seeds, judgments):
        """Notes what a look found; one that is noted already stays as it is.

        Args:
            seeds: their number.
            judgments: variant -> `Judgment`.
        """
        taken = {look["seeds"]: look for look in self._content[_TAKEN]}
        found = {k: _described(each) for k, each in judgments.items()}
        before = taken.get(seeds)
        if before is not None and before["verdicts"] == found:
            return
        if before is not None:
            self._content[_REPEATED].append(_repeated(before, found))
        taken[seeds] = {"seeds": seeds, "date": _today(), "verdicts": found}
        self._content[_TAKEN] = [taken[key] for key in sorted(taken)]
        self.write()

    def write(self):
        """Writes the file as a whole or not at all."""
        write_json(self._path, self._content, "The plan", "No run is lost")


def begin(workdir, design, config, command):
    """Writes `plan.json`, unless it is there; returns its `Record`.

    Args:
        workdir: folder of the comparison.
        design: the `Design`.
        config: of all runs.
        command: the command line.

    Raises:
        InputError: the file that is there cannot be read, or it cannot be
            written.
    """
    defaults = trainer_of(config).settings.defaults_of(config)
    return begin_counting(
        workdir, _counts(design, config), design.level, command, defaults
    )


def begin_counting(workdir, counts, level, command, defaults=None):
    """Does the same for what counts in another experiment.

    Args:
        workdir: folder of the experiment.
        counts: dict of what counts, its keys some of `COUNTS`.
        level: of each interval that a verdict is taken from.
        command: the command line.
        defaults: dotted config key -> what a run does whose config lacks the
            key. The plan that is held may be an older version's.
    """
    path = workdir / NAME
    held, content = _read(path), _content(counts, level, command)
    if held is not None:
        for plan in (held, *held[_EARLIER]):
            _complete(plan, content, defaults or {})
        content = _continued(held, content)
    record = Record(path, content)
    record.write()
    return record


def _read(path):
    try:
        return {**by_content(json.loads(path.read_text()))}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}. It records which results have "
            "been looked at. Name another workdir, or remove the file to "
            "start over."
        ) from error


def _counts(design, config):
    return {
        "metric": design.metric.name,
        "least": design.least,
        "looks": design.looks,
        "seeds": design.seeds,
        "baseline": design.baseline,
        "variants": design.variants,
        "grid": design.grid,
        "once": design.once,
        "tuning_seeds": design.tuning_seeds,
        "vary_split": design.vary_split,
        "data": config.get("dataset", {}),
        "epochs": config.get("epochs"),
    }


def _content(counts, level, command):
    content = {
        **counts,
        "level": level,
        "command": command,
        "date": _today(),
        "provenance": provenance(),
        _TAKEN: [],
        _REPEATED: [],
        _EARLIER: [],
    }
    return by_content(json.loads(json.dumps(content, default=_jsonable)))


def _complete(plan, content, defaults):
    """Gives a plan's data the keys that they lack, by their defaults."""
    for key in content.get("data", {}).keys() - plan.get("data", {}).keys():
        if (name := f"dataset.{key}") in defaults:
            plan.setdefault("data", {})[key] = defaults[name]


def _continued(held, content):
    """Returns what the file holds when `content` is planned after `held`."""
    if _same(held, content):
        return held
    earlier = list(held.pop(_EARLIER))
    if held[_TAKEN]:
        earlier.append(held)
    # Back to an earlier plan: what it has seen is its own again.
    for plan in earlier:
        if _same(plan, content):
            earlier.remove(plan)
            content = plan
            break
    return {**content, _EARLIER: earlier}


def _same(plan, other):
    return all(plan.get(key) == other.get(key) for key in COUNTS)


def _described(judgment):
    numbers = judgment.interval._asdict()
    return {
        "verdict": judgment.verdict,
        **{key: _finite(value) for key, value in numbers.items()},
        "seeds": judgment.seeds,
        "seeds_needed": judgment.seeds_needed,
    }


def _finite(value):
    # JSON has no infinite numbers.
    return value if math.isfinite(value) else str(value)


def _repeated(before, found):
    return (
        f"The look after {before['seeds']} seeds was taken twice, with other "
        f"results: first {said(before['verdicts'])}, then "
        f"{said(found)}."
    )


def _jsonable(value):
    return value.to_dict() if hasattr(value, "to_dict") else plain(value)


def _today():
    return datetime.date.today().isoformat()
