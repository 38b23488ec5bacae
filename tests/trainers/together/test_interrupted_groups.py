"""A group that is interrupted or killed ends as one that is not."""

import contextlib
import os
import pathlib
import random
import signal

import pytest

from normzoo.trainers.data import loading
from normzoo.trainers.run.checkpointing.recovery import newest_first
from normzoo.trainers.run.progress import Progress
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.run.session import Session
from normzoo.trainers.together.member import Member

from .. import killable
from .group_runs import assert_same, folders_in, members, together

#: The second run diverges.
RATES = (1e-2, 1e30, 2e-3)


@pytest.fixture
def configs(config):
    """A group that saves in the middle of an epoch of 18 steps."""
    config.model.width = 8
    config.model.dropout = 0.2
    config.optimizer.name = "sgd"
    config.optimizer.momentum = 0.9
    config.steps_per_execution = 3
    config.log_every_steps = 3
    config.checkpoint.every_steps = 1
    return members(config, RATES)


@contextlib.contextmanager
def new_session():
    """What a new process has."""
    with Session(reuse_models=True) as session:
        yield session


def after_a_save(root, process, chance):
    """When there is a checkpoint more than at the start."""
    before = newest_first(root / "group")[:1]
    killable.wait_for(
        lambda: newest_first(root / "group")[:1] > before, process
    )


#: When a group is killed.
MOMENTS = 4 * (after_a_save, killable.at_random(1.5))


def interrupt(share):
    raise KeyboardInterrupt


def assert_same_groups(actual, expected, configs):
    for pair in zip(
        folders_in(actual, configs), folders_in(expected, configs), strict=True
    ):
        assert_same(*pair, 0)


@pytest.mark.slow
def test_interrupted_groups_end_as_others(configs, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with new_session() as session:
        together(configs, whole, session, "side_by_side")
        # At the end of the first epoch, before that is saved.
        with pytest.raises(KeyboardInterrupt):
            together(configs, parts, session, "side_by_side", interrupt)
    assert newest_first(parts / "group")[0] in range(3, 18, 3)
    with new_session() as session:
        finish = RunDir.finish

        def finish_the_first(rundir, result):
            if rundir.path.name != "0":
                raise KeyboardInterrupt
            finish(rundir, result)

        with monkeypatch.context() as patched:
            patched.setattr(RunDir, "finish", finish_the_first)
            with pytest.raises(KeyboardInterrupt):
                together(configs, parts, session, "side_by_side")
        assert list(together(configs, parts, session, "side_by_side")) == [1, 2]
    assert_same_groups(parts, whole, configs)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_killed_groups_end_as_others(precision, configs, tmp_path):
    loading.load_data(configs[0])  # else all processes would prepare it
    for config in configs:
        config.epochs = 4
        config.precision = precision
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with new_session() as session:
        together(configs, whole, session, "stacked")
    chance = random.Random(0)
    for moment in MOMENTS:
        with started(configs, killed, "stacked") as process:
            moment(killed, process, chance)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        assert process.exitcode == -signal.SIGKILL
        assert not (killed / "0/DONE").exists()
    with started(configs, killed, "stacked") as process:
        process.join()
    assert process.exitcode == 0
    assert_same_groups(killed, whole, configs)


def started(configs, root, mode):
    """Starts a process that trains a group, and yields it."""
    job = {"configs": configs, "root": root, "mode": mode}
    path = pathlib.Path(__file__).with_name("killed_group.py")
    return killable.forked(str(path), job)


def test_a_group_takes_no_checkpoint_of_a_run_alone(config, tmp_path):
    names = ("step-20", "best/step-4", "best/step-8")
    for name in names:
        path = tmp_path / f"checkpoints/{name}.index"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with Member(config, RunDir(tmp_path), Progress(step=6)):
        left = sorted((tmp_path / "checkpoints").rglob("*.index"))
    assert left == [tmp_path / "checkpoints/best/step-4.index"]
