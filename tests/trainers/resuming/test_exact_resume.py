"""A `fit` that is interrupted anywhere ends as one that is not."""

import os
import pickle
import random
import signal

import keras
import pytest

from normzoo.trainers.common.signals import Interrupted
from normzoo.trainers.run.checkpointing.recovery import newest_first

from .. import killable
from . import fits
from .small_fit import Small


class Stop(keras.callbacks.Callback):
    """Ends `fit` as Ctrl-C does without `ExactResume`, or by a signal."""

    def __init__(self, epoch, batch=None, number=None):
        super().__init__()
        self.at, self.number = (epoch, batch), number

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch) == self.at:
            self._end()

    def on_epoch_end(self, epoch, logs=None):
        # The last save was before this, and the end of the epoch is lost.
        if (epoch, None) == self.at:
            self._end()

    def _end(self):
        if not self.number:
            raise KeyboardInterrupt
        os.kill(os.getpid(), self.number)

    # It has nothing to say to the next process.
    state_dict = dict

    def load_state_dict(self, state):
        pass


def interrupted(name, folder, *stop, steps=1):
    with pytest.raises((KeyboardInterrupt, Interrupted)) as caught:
        fits.fit(name, folder, Stop(*stop), steps=steps)
    return caught.value


def newest(folder):
    return newest_first(folder / "run" / "checkpoints")[0]


#: Where each is interrupted: epoch and batch, or the end of an epoch, which is
#: not saved yet. That of arrays is below.
STOPS = {
    "dataset": [(1, 2), (2, None)],
    "of unknown length": [(0, None)],
    "endless": [(2, 3)],
    "PyDataset": [(2, 3)],
    "PyDataset with workers": [(2, 1)],
}


#: Of some, one call of the train function takes several steps.
STEPS = {"PyDataset": 2}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")
@pytest.mark.parametrize("name", STOPS)
def test_an_interrupted_fit_ends_as_others(name, tmp_path, caplog):
    steps, parts = STEPS.get(name, 1), tmp_path / "parts"
    whole = fits.fit(name, tmp_path / "whole", resume=False, steps=steps)
    for stop in STOPS[name]:
        interrupted(name, parts, *stop, steps=steps)
    fits.assert_equal(fits.fit(name, parts, steps=steps), whole)
    assert not [x for x in caplog.messages if "is not saved" in x]


@pytest.mark.slow
def test_signals_damage_and_more_epochs(tmp_path):
    whole = fits.fit("arrays", tmp_path / "whole", resume=False, epochs=5)
    parts = tmp_path / "parts"
    error = interrupted("arrays", parts, 1, 0, signal.SIGTERM)
    assert error.code == 75
    assert newest(parts) in (6, 7, 8)  # a thread hears of the signal
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    os.truncate(parts / f"run/checkpoints/step-{newest(parts)}.index", 0)
    short = fits.fit("arrays", parts)
    assert short["epochs"] == [0, 1, 2, 3]
    assert (parts / "run/DONE").exists()
    # Finished: nothing is trained, and all is as it was at the end.
    fits.assert_equal(fits.fit("arrays", parts, Stop(4, 0)), short)
    fits.assert_equal(fits.fit("arrays", parts, epochs=5), whole)
    assert whole["epochs"] == [0, 1, 2, 3, 4]


#: When a `fit` is killed, before it is killed at an end of an epoch.
MOMENTS = (
    *(killable.in_training, killable.in_a_save, killable.at_random(1.5)) * 2,
    killable.in_training,
)


@pytest.mark.slow
def test_killed_processes_end_as_others(tmp_path):
    left, chance = tmp_path / "left", random.Random(0)

    def started(folder, resume, **others):
        call = {"name": "dataset", "folder": str(folder), "resume": resume}
        job = {"call": {**call, "epochs": 24}, "result": str(left), **others}
        return killable.forked(fits.__file__, job)

    def finished(folder, resume):
        with started(folder, resume) as process:
            process.join()
            assert process.exitcode == 0
        return pickle.loads(left.read_bytes())

    whole = finished(tmp_path / "whole", resume=False)
    parts = tmp_path / "parts"
    for moment in MOMENTS:
        with started(parts, resume=True) as process:
            moment(parts / "run", process, chance)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        assert process.exitcode == -signal.SIGKILL
    # Between two epochs: of one, the end is not saved, of the next nothing.
    with started(parts, resume=True, kill=23) as process:
        process.join()
    assert process.exitcode == -signal.SIGKILL
    assert newest(parts) == 119
    fits.assert_equal(finished(parts, resume=True), whole)


def test_it_does_nothing_outside_of_fit(tmp_path):
    model = keras.Sequential([keras.layers.Flatten()])
    resume = fits.ExactResume(tmp_path / "run")
    model.predict(fits.X, callbacks=[resume], verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_folder_is_free_again_after_an_error(tmp_path):
    fit = Small(tmp_path / "run")

    class Fails(fits.Counter):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fit(fits.X, fits.Y, Fails())
    assert caught.tb  # which holds all frames, as in a notebook
    fit(fits.X, fits.Y, fits.Counter())
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
