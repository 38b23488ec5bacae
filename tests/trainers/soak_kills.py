"""Kills trainings at random moments, hundreds of times, by hand.

    .venv/bin/python -m tests.trainers.soak_kills --kind=run --kills=400

Each is started again and again until it ends by itself, and is then compared,
bit by bit, with one that was left alone.
"""

import argparse
import pathlib
import pickle
import random
import shutil
import tempfile
import time
from typing import NamedTuple

from normzoo.configs import digits_mlp

from . import equal_runs, killable
from .resuming import fits


def small():
    config = digits_mlp.get_config()
    config.dataset.train_split = "train[:256]"
    config.batch_size = 16
    config.epochs = 6
    config.steps_per_execution = 1
    config.model.width = 8
    config.model.dropout = 0.2
    config.checkpoint.every_steps = 1
    return config


def start_run(folder):
    return killable.started(config=small(), workdir=str(folder))


def start_group(folder):
    config = small()
    config.compare.together, config.compare.baseline = "stacked", ""
    config.model.norm = "batch"
    sweep = [{"seed": seed} for seed in range(3)]
    return killable.started(config=config, workdir=str(folder), sweep=sweep)


def start_fit(folder):
    call = {"name": "dataset", "folder": str(folder), "epochs": 8}
    job = {"call": call, "result": f"{folder}.pickle"}
    return killable.forked(fits.__file__, job)


def same_runs(actual, expected):
    names = [path.parent.name for path in expected.glob("*/DONE")]
    assert len(names) == 3
    for name in names:
        equal_runs.assert_equal(actual / name, expected / name)


def same_fits(actual, expected):
    found = (
        pickle.loads(pathlib.Path(f"{folder}.pickle").read_bytes())
        for folder in (actual, expected)
    )
    fits.assert_equal(*found)


class Kind(NamedTuple):
    """What is killed: how it is started, and how two of them are compared."""

    start: object
    compare: object


KINDS = {
    "run": Kind(start_run, equal_runs.assert_equal),
    "group": Kind(start_group, same_runs),
    "fit": Kind(start_fit, same_fits),
}


def whole(kind, folder):
    """Lets one come to its end; returns the seconds that took."""
    began = time.monotonic()
    with kind.start(folder) as process:
        process.join()
    assert process.exitcode == 0
    return time.monotonic() - began


def soak(kind, kills, folder, chance):
    """Kills so often; returns how many trainings came to their ends."""
    whole(kind, folder / "whole")
    # The first one has waited for the server of processes.
    seconds = whole(kind, folder / "again")
    kind.compare(folder / "again", folder / "whole")
    parts, killed, ended = folder / "parts", 0, 0
    while killed < kills or parts.exists():
        with kind.start(parts) as process:
            wait = chance.uniform(0, seconds) if killed < kills else None
            process.join(wait)
            if process.is_alive():
                killed += 1
                continue  # it is killed on the way out
        assert process.exitcode == 0
        kind.compare(parts, folder / "whole")
        shutil.rmtree(parts)
        ended += 1
        print(f"{killed} kills, {ended} ended as others", flush=True)
    return ended


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", choices=KINDS, default="run")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(given.seed)
        ended = soak(
            KINDS[given.kind], given.kills, pathlib.Path(folder), chance
        )
    print(f"{given.kind}: {given.kills} kills, {ended} trainings, all equal")


if __name__ == "__main__":
    main()
