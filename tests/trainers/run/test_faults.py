"""Damaged files, full disks, folders in use: said clearly, nothing lost."""

import os
import pathlib
import shutil
import signal
import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers import classify, compare
from normzoo.trainers.common import lock
from normzoo.trainers.common.errors import InputError, writing
from normzoo.trainers.data import loading
from normzoo.trainers.run.checkpointing.checkpoints import Checkpoints
from normzoo.trainers.run.checkpointing.recovery import newest_first
from normzoo.trainers.run.checkpointing.saved_state import SavedState
from normzoo.trainers.run.progress import Progress
from normzoo.trainers.run.session import Session

from .. import killable
from ..accidents import unprivileged


class Store:
    """Checkpoints of one variable that tells the step."""

    def __init__(self, folder, shape=(50,), keep=3):
        self.value = tf.Variable(tf.zeros(shape))
        state = SavedState({"model": [self.value]})
        self.checkpoints = Checkpoints(folder, state, keep)

    def save(self, *steps):
        """Saves at some steps."""
        for step in steps:
            self.value.assign(tf.fill(self.value.shape, float(step)))
            self.checkpoints.save(Progress(step=step, seconds=step / 7))

    def restore(self):
        """Returns the step of the progress and that of the variable."""
        progress = self.checkpoints.restore()
        if progress is None:
            return None
        assert progress.seconds == progress.step / 7
        (step,) = np.unique(self.value)
        assert step == progress.step
        return progress.step


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path):
    os.truncate(path, 0)


@pytest.mark.parametrize("damage", [cut, flip, empty, pathlib.Path.unlink])
@pytest.mark.parametrize("part", ["index", "data-00000-of-00001"])
def test_the_one_before_a_damaged_one_is_taken(damage, part, tmp_path, caplog):
    Store(tmp_path).save(1, 2, 3)
    damage(tmp_path / f"step-3.{part}")
    assert Store(tmp_path).restore() == 2
    # Without an index it is no checkpoint, as if its writing had been stopped.
    if (damage, part) != (pathlib.Path.unlink, "index"):
        assert "step-3 is damaged. Continuing at step 2" in caplog.text
    assert newest_first(tmp_path) == [2, 1]
    assert not list(tmp_path.glob("step-3*"))
    store = Store(tmp_path)
    store.restore()
    store.save(3, 4)
    assert newest_first(tmp_path) == [4, 3, 2]


def test_two_damaged_ones_and_all(tmp_path, caplog):
    Store(tmp_path).save(1, 2, 3)
    for step in (3, 2):
        cut(tmp_path / f"step-{step}.data-00000-of-00001")
    assert Store(tmp_path).restore() == 1
    empty(tmp_path / "step-1.index")
    assert Store(tmp_path).restore() is None
    assert "Continuing from the beginning" in caplog.text


def test_what_may_not_be_read_is_not_damaged(read_only):
    Store(read_only).save(1, 2)
    data = read_only / "step-2.data-00000-of-00001"
    data.chmod(0)
    read_only.chmod(0o777)
    with (
        unprivileged(),
        pytest.raises(InputError, match=r"step-2 cannot be read: .*Permission"),
    ):
        Store(read_only).restore()
    assert data.exists()


def test_what_was_being_written_is_no_checkpoint(tmp_path):
    Store(tmp_path).save(1, 2)
    (tmp_path / "step-3_temp").mkdir()
    (tmp_path / "step-3_temp/part-00000-of-00001.index").touch()
    (tmp_path / "step-3.data-00000-of-00001").touch()
    assert Store(tmp_path).restore() == 2
    assert len(list(tmp_path.iterdir())) == 4


def test_the_state_of_another_model_is_refused(tmp_path):
    Store(tmp_path).save(1)
    with pytest.raises(InputError, match="does not fit the model"):
        Store(tmp_path, shape=(51,)).restore()


class Stop(keras.callbacks.Callback):
    """Ends the process, so to say, in the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Ends it."""
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_continues_after_each_accident(config, tmp_path):
    whole, run = tmp_path / "whole", tmp_path / "run"
    config.checkpoint.every_steps = 9
    with Session(reuse_models=True) as session:
        classify.train(config, whole, verbose=0, session=session)
        with pytest.raises(KeyboardInterrupt):
            classify.train(
                config, run, callbacks=[Stop()], verbose=0, session=session
            )
        assert newest_first(run / "checkpoints") == [18, 9]
        check_a_full_disk(config, run, tmp_path / "stderr")
        copy = shutil.copytree(run, tmp_path / "copy")
        check_a_full_disk_of_the_log(config, copy, session)
        # A damaged checkpoint: it begins at the one before.
        cut(run / "checkpoints/step-18.data-00000-of-00001")
        classify.train(config, run, verbose=0, session=session)
    log = "metrics.jsonl"
    assert (run / log).read_text() == (whole / log).read_text()


def check_a_full_disk(config, run, stderr):
    """It ends the run, and the last checkpoint stays."""
    with killable.started(
        config=config,
        workdir=str(run),
        file_size=4000,  # for the log, and not for a checkpoint
        stderr=str(stderr),
    ) as process:
        process.join()
    assert process.exitcode == 2
    said = stderr.read_text()
    assert "The checkpoint of step 27 cannot be written" in said
    assert "The one of step 18 is intact" in said
    assert "Traceback" not in said
    files = list((run / "checkpoints").glob("step-*"))
    assert {path.name.partition(".")[0] for path in files} == {
        "step-9",
        "step-18",
    }


def check_a_full_disk_of_the_log(config, run, session):
    """It ends the run clearly, which has its checkpoint."""
    log = run / "metrics.jsonl"
    log.unlink()
    log.symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"log .* No space left.*continues"):
        classify.train(config, run, verbose=0, session=session)
    assert 18 in newest_first(run / "checkpoints")


@pytest.fixture
def read_only():
    """A folder that nobody may write into."""
    folder = pathlib.Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("held", [False, True])
def test_a_read_only_workdir_is_named_before_training(read_only, held):
    if held:
        with lock.held(read_only):
            pass
        for path in read_only.iterdir():
            path.chmod(0o444)
    read_only.chmod(0o555)
    with (
        unprivileged(),
        pytest.raises(InputError, match=r"cannot be written.*Permission"),
        lock.held(read_only),
    ):
        pytest.fail("it could be written")


@pytest.mark.slow
def test_a_killed_sweep_continues_its_run(config, tmp_path):
    loading.load_data(config)
    config.compare.baseline = ""
    config.steps_per_execution = 1
    config.epochs = 4
    sweep = [{"model.norm": n, "seed": 0} for n in ("none", "batch")]
    whole = compare.compare(config, sweep, tmp_path / "whole")
    config.checkpoint.every_steps = 1
    second = tmp_path / "killed/norm=batch,seed=0"
    with killable.started(
        config=config, workdir=str(tmp_path / "killed"), sweep=sweep
    ) as process:
        checkpoints = second / "checkpoints"
        killable.wait_for(
            lambda: max(newest_first(checkpoints), default=0) > 20, process
        )
        os.kill(process.pid, signal.SIGSTOP)
        check_the_holder(config, sweep, tmp_path / "killed", process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    with lock.held(tmp_path / "killed"), lock.held(second):
        pass  # a dead process holds nothing
    reached = newest_first(checkpoints)[0]
    assert 20 < reached < 72
    killed = compare.compare(config, sweep, tmp_path / "killed")
    without_time = [
        [row._replace(seconds=0) for row in summary.rows]
        for summary in (killed, whole)
    ]
    assert without_time[0] == without_time[1]
    # It was not trained again: the first part's events are still there.
    assert len(list((second / "train").iterdir())) == 2


def check_the_holder(config, sweep, folder, pid):
    """A workdir in use is refused, and its holder named."""
    holder = rf"in use by process {pid} on .* since 20"
    with pytest.raises(InputError, match=holder):
        compare.compare(config, sweep, folder)
    run = config.copy_and_resolve_references()
    run.model.norm = "batch"
    run.dataset.split_seed = 0  # as the sweep's run has
    run.compare.baseline = "norm=none"
    with pytest.raises(InputError, match=holder):
        classify.train(run, folder / "norm=batch,seed=0", verbose=0)


@pytest.mark.slow
def test_a_signal_to_a_sweep_saves_the_runs_of_all_its_processes(
    config, tmp_path
):
    loading.load_data(config)
    config.epochs = 5000
    config.compare.baseline = ""
    # The seeds of one variant would share a process.
    norms = ("none", "batch", "layer")
    sweep = [{"model.norm": norm, "seed": 0} for norm in norms]
    runs = [tmp_path / f"norm={norm},seed=0" for norm in norms]
    with killable.started(
        config=config, workdir=str(tmp_path), sweep=sweep, jobs=2
    ) as process:
        logs = [run / "metrics.jsonl" for run in runs[:2]]
        killable.wait_for(lambda: all(x.exists() for x in logs), process)
        # The code of SIGTERM is seen where it is noted, and of a GAN.
        os.kill(process.pid, signal.SIGINT)
        process.join()
    assert process.exitcode == 130
    assert [len(newest_first(r / "checkpoints")) for r in runs[:2]] == [1, 1]
    assert not runs[2].exists()


def test_a_worker_lost_in_a_save_is_no_full_disk():
    lost = tf.errors.UnavailableError(None, None, "no more heartbeats")
    with pytest.raises(tf.errors.UnavailableError), writing("It", ""):
        raise lost
