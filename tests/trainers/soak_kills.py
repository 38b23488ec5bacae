"""Kills trainings at random moments, hundreds of times, by hand.

    .venv/bin/python -m tests.trainers.soak_kills --kind=run --kills=400

Each is started again and again until it ends by itself, and is then compared,
bit by bit, with one that was left alone. Of a comparison on a Ray cluster, the
process that has started it is killed, or one that trains on a node.
"""

import argparse
import contextlib
import functools
import os
import pathlib
import pickle
import random
import shutil
import signal
import tempfile
import time
from typing import NamedTuple

from normzoo.configs import digits_mlp
from normzoo.trainers.common.errors import EXIT_RESTART
from normzoo.trainers.comparison.engines.settings import Ray

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


def start_on_ray(cluster, folder):
    config = small()
    # What a cluster trains alike in any process, and XLA compiles nothing.
    config.compare.together, config.compare.baseline = "call_by_call", ""
    sweep = [{"model.norm": norm} for norm in ("none", "batch", "layer")]
    engine = Ray(address=cluster.address)
    return killable.started(
        config=config, workdir=str(folder), sweep=sweep, engine=engine
    )


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


def kill(process, chance, seconds):
    """Kills at a random moment of so many seconds; returns whether it did."""
    process.join(chance.uniform(0, seconds))
    if not process.is_alive():
        return False
    process.kill()
    process.join()
    return True


def kill_on_ray(nodes, cluster, process, chance, seconds):
    """Kills a worker that is in a task; one time in four, the driver."""
    del seconds  # For most of them, workers start.
    while process.is_alive() and not nodes.in_a_task(cluster):
        process.join(0.1)
    process.join(chance.uniform(0, 2))
    workers = nodes.in_a_task(cluster)
    if not workers:
        return False
    if chance.random() < 0.25:
        return kill(process, chance, 0)
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(workers), signal.SIGKILL)
        return True
    return False


class Kind(NamedTuple):
    """What is killed.

    Attributes:
        start: makes the process of a folder.
        compare: two folders.
        kill: kills at a random moment, and returns whether it did.
    """

    start: object
    compare: object
    kill: object = kill


KINDS = {
    "run": Kind(start_run, equal_runs.assert_equal),
    "group": Kind(start_group, same_runs),
    "fit": Kind(start_fit, same_fits),
}


@contextlib.contextmanager
def kind_of(name):
    """Yields the `Kind` of that name."""
    if name != "ray":
        yield KINDS[name]
        return
    from .comparison.engines import nodes  # It needs Ray.

    with nodes.cluster_of(3) as cluster:
        start = functools.partial(start_on_ray, cluster)
        strike = functools.partial(kill_on_ray, nodes, cluster)
        yield Kind(start, same_runs, strike)


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
            while killed < kills and process.is_alive():
                killed += kind.kill(process, chance, seconds)
            process.join()
        if process.exitcode in (-signal.SIGKILL, EXIT_RESTART):
            continue
        assert process.exitcode == 0
        kind.compare(parts, folder / "whole")
        shutil.rmtree(parts)
        ended += 1
        print(f"{killed} kills, {ended} ended as others", flush=True)
    return ended


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", choices=[*KINDS, "ray"], default="run")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        kind_of(given.kind) as kind,
    ):
        ended = soak(kind, given.kills, pathlib.Path(folder), chance)
    print(f"{given.kind}: {given.kills} kills, {ended} trainings, all equal")


if __name__ == "__main__":
    main()
