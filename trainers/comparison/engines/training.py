"""How one process trains a group."""

import concurrent.futures
import contextlib

import ml_collections

from ...common import signals
from ...run.together import ALONE
from ..trainers import trainer_of


def part_of(group, workdir):
    """Returns a `Group` as processes take it: plain data, which are sent."""
    runs = [(run.name, run.config.to_dict()) for run in group.runs]
    return runs, group.mode, group.folder(workdir)


def train_all(session, parts, workdir):
    """Trains groups one by one; returns pairs of a name and a result.

    Args:
        session: the `Session` of this process.
        parts: from `part_of`.
        workdir: of the comparison.
    """
    found = []
    for part in parts:
        with begun(session, [part], workdir) as (train,):
            found += train(lambda share: None)
    return found


@contextlib.contextmanager
def begun(session, parts, workdir):
    """Yields functions that train groups, one for each, in order.

    A function takes `report`, as `run.together.Together` says, and returns
    pairs of a name and its result. Of several groups the programs are all made
    first, and compiled in a thread meanwhile.

    Args:
        session: the `Session` of this process.
        parts: from `part_of`.
        workdir: of the comparison.
    """
    with (
        signals.catch() as stop,
        session.run(),
        _compiling(len(parts) > 1) as executor,
    ):
        trainings = []
        for runs, mode, folder in parts:
            stop.raise_if_wanted()
            trainings.append(
                _alone(session, runs, workdir)
                if mode == ALONE
                else _together(session, runs, workdir, mode, folder, executor)
            )
        yield trainings


@contextlib.contextmanager
def _compiling(wanted):
    """Yields an executor with one thread, or None."""
    if not wanted:
        yield None
        return
    executor = concurrent.futures.ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _alone(session, runs, workdir):
    ((name, config),) = runs
    config = ml_collections.ConfigDict(config)

    def train(report):
        del report
        result = trainer_of(config).train(
            config, workdir / name, verbose=0, session=session
        )
        return [(name, result)]

    return train


def _together(session, runs, workdir, mode, folder, executor):
    names = [name for name, _ in runs]
    configs = [ml_collections.ConfigDict(config) for _, config in runs]
    train_group = trainer_of(configs[0]).together.begin(
        configs,
        [workdir / name for name in names],
        folder,
        session,
        mode,
        executor,
    )
    return lambda report: [
        (names[i], result) for i, result in train_group(report).items()
    ]
