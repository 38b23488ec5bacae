"""Which runs of a comparison train together, and how."""

import collections
import contextlib
import hashlib
import json
import math
from typing import NamedTuple

from ..common.errors import InputError
from ..common.files import make_folder, write_json
from ..run.reuse import UNSHARED
from ..run.together import ALONE, MODES, Choice
from .trainers import trainer_of

_FILE = "groups.json"
#: Where groups keep what they need until they are done; hidden.
_FOLDER = ".groups"
#: Runs of a group: each keeps several files open.
_MOST = 64
#: A group is split between processes that would be idle if each of them trains
#: so many runs less. To begin takes it as long as a dozen runs take to train.
_WORTH_SPLITTING = 8


class Group(NamedTuple):
    """Runs that one call trains.

    Attributes:
        runs: the `Run`s; one, if it trains alone.
        mode: one of `MODES`.
        reason: why, in a few words.
        share: of the memory that groups may take at once.
    """

    runs: tuple
    mode: str
    reason: str
    share: float = 1.0

    @property
    def members(self):
        """The names of the runs."""
        return [run.name for run in self.runs]

    def folder(self, workdir):
        """Returns where it keeps what it needs until it is done."""
        names = "\n".join(self.members).encode()
        return workdir / _FOLDER / hashlib.sha256(names).hexdigest()[:16]


def remove_folder(workdir):
    """Removes the folder that groups' folders were in, if all have ended."""
    with contextlib.suppress(OSError):
        (workdir / _FOLDER).rmdir()


def find_groups(runs, pending, workdir, jobs, models=UNSHARED):
    """Returns the `Group`s of the runs that are not finished.

    Those that train together are written to `groups.json` before they start,
    and what is written there holds: neither free memory nor the number of
    processes can change what is computed. A run that has begun alone ends
    alone.

    Args:
        runs: all `Run`s of this step of the comparison.
        pending: those of them without a result.
        workdir: of the comparison.
        jobs: number of processes.
        models: the `reuse.Models` of this process, where it trains them.

    Raises:
        InputError: `config.compare.together` cannot be followed, or the file
            is damaged.
    """
    by_name = {run.name: run for run in runs}
    waiting = {run.name: run for run in pending}
    groups, written = [], _read(workdir)
    for each in written:
        if waiting.keys().isdisjoint(each["members"]):
            continue
        if by_name.keys() >= set(each["members"]):
            members = tuple(by_name[name] for name in each["members"])
            groups.append(Group(members, each["mode"], each["reason"]))
            for name in each["members"]:
                waiting.pop(name, None)
    made = _new_groups(list(waiting.values()), workdir, jobs, models)
    new = [group for group in made if group.mode != ALONE]
    if new:
        entries = [
            {"mode": g.mode, "reason": g.reason, "members": g.members}
            for g in new
        ]
        make_folder(workdir, "The workdir")
        write_json(workdir / _FILE, {"groups": [*written, *entries]})
    return [*groups, *made]


def said(groups):
    """Returns lines that say how runs train; none if all train alone."""
    runs = collections.Counter()
    for group in groups:
        runs[group.mode, group.reason] += len(group.runs)
    if {mode for mode, _ in runs} <= {ALONE}:
        return []
    counts = collections.Counter((each.mode, each.reason) for each in groups)
    return [
        f"{_subject(count)} {_how(mode, counts[mode, reason])}: {reason}."
        for (mode, reason), count in runs.items()
    ]


def _subject(runs):
    return "1 run trains" if runs == 1 else f"{runs} runs train"


def _how(mode, groups):
    if mode == ALONE:
        return "alone"
    number = "one group" if groups == 1 else f"{groups} groups"
    return f"together in {number}, {mode.replace('_', ' ')}"


def _new_groups(runs, workdir, jobs, models):
    # One process trains one group; each process gets one at least.
    share = math.ceil(len(runs) / jobs)
    parts = []
    for members in _alike(runs, workdir):
        choice = _choose(members, models)
        count = math.ceil(len(members) / min(share, choice.most, _MOST))
        parts += [(part, choice) for part in _parts(members, count)]
    return [
        Group(part, choice.mode, choice.reason, len(part) / choice.most)
        for part, choice in _balanced(parts, jobs)
    ]


def _parts(runs, count):
    """Returns tuples of runs, as many as that, of about the same length."""
    size = math.ceil(len(runs) / count)
    return [tuple(runs[i : i + size]) for i in range(0, len(runs), size)]


def _balanced(parts, jobs):
    """Splits the last parts, where they are fewer than the processes.

    Args:
        parts: pairs of runs and their `Choice`.
        jobs: number of processes.
    """
    left = len(parts) % jobs
    count, whole = jobs // left if left else 1, len(parts) - left
    return [
        *parts[:whole],
        *(
            (part, choice)
            for runs, choice in parts[whole:]
            for part in _split(runs, count)
        ),
    ]


def _split(runs, count):
    """Returns so many parts of the runs, or one where that saves little."""
    parts = _parts(runs, count)
    saved = len(runs) - len(parts[0])
    return parts if saved >= _WORTH_SPLITTING else [runs]


def waves(groups):
    """Yields lists of groups whose programs are compiled ahead.

    A program is compiled while the next one is traced and others train. Those
    of a wave fit into memory together, no two train the same model, and all
    need the same kernels.
    """
    wave = []
    for group in groups:
        if wave and not _is_wave([*wave, group]):
            yield wave
            wave = []
        wave.append(group)
    if wave:
        yield wave


def _is_wave(groups):
    return (
        all(group.mode == "stacked" for group in groups)
        and sum(group.share for group in groups) <= 1
        and len(set(map(_structure, groups))) == len(groups)
        and len({group.runs[0].config.deterministic for group in groups}) == 1
    )


def _structure(group):
    config = group.runs[0].config
    return trainer_of(config).together.structure(config)


def _alike(runs, workdir):
    """Returns lists of runs that could train together."""
    found = {}
    for run in runs:
        together = trainer_of(run.config).together
        has_begun = (workdir / run.name / "config.json").exists()
        key = together and not has_begun and together.structure(run.config)
        found.setdefault(key or (run.name,), []).append(run)
    return found.values()


def _choose(runs, models):
    config = runs[0].config
    trainer = trainer_of(config)
    wanted = config.compare.together
    if trainer.together is None:
        if wanted in ("auto", ALONE):
            return Choice(ALONE, "their trainer knows no other way")
        raise InputError(
            f"{trainer.script} trains each run alone. Received: "
            f"compare.together={wanted!r}. Leave it at 'auto'."
        )
    checked = trainer.settings.checked(config)
    return trainer.together.choose(checked, len(runs), wanted, models)


def _read(workdir):
    path = workdir / _FILE
    try:
        groups = json.loads(path.read_text())["groups"]
        well_formed = all(
            each["mode"] in MODES and each["members"] and "reason" in each
            for each in groups
        )
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error
    if not well_formed:
        raise _damaged(path)
    return groups


def _damaged(path):
    return InputError(
        f"{path} is damaged. Remove it, and unfinished runs will start over; "
        "or name another workdir."
    )
