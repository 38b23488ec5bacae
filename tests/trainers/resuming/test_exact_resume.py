"""A `fit` that is interrupted anywhere ends as one that is not."""

import contextlib
import os
import pathlib
import pickle
import random
import shutil
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.signals import Interrupted
from normzoo.trainers.resuming import fit_call
from normzoo.trainers.resuming.plain import decode, encode
from normzoo.trainers.run.checkpointing.recovery import newest_first

from .. import accidents, killable
from . import fits


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


class Small:
    """A `fit` of one layer, in one folder."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(
        self, x=fits.X, y=fits.Y, *callbacks, seed=1, rate=0.1, **options
    ):
        keras.utils.set_random_seed(1)
        if seed is None:
            tf.random.set_seed(None)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        resume = fits.ExactResume(self.folder)
        options = {"epochs": 1, "verbose": 0, **options}
        return model.fit(x, y, callbacks=[*callbacks, resume], **options)


def batches():
    return fits.dataset().batch(8)


def endless_python():
    while True:
        yield fits.X, fits.Y


#: What the user does -> the message.
REFUSED = {
    "no seed": (
        lambda fit: fit(seed=None),
        r"TensorFlow has no seed. Call keras.utils.set_random_seed",
    ),
    "a dataset without a seed": (
        lambda fit: fit(batches(), None, seed=None),
        "TensorFlow has no seed",
    ),
    "a generator": (
        lambda fit: fit(endless_python(), None, steps_per_epoch=2),
        r"place in this data cannot be found again. Received: a generator",
    ),
    "a PyDataset in pieces": (
        lambda fit: fit(fits.Shuffled(), None, steps_per_epoch=3),
        r"its epochs do not end with it. Received: steps_per_epoch=3",
    ),
    "two that restore": (
        lambda fit: fit(
            fits.X, fits.Y, keras.callbacks.BackupAndRestore("unused")
        ),
        "Take BackupAndRestore out",
    ),
    "two of ours": (
        lambda fit: fit(fits.X, fits.Y, fits.ExactResume("unused")),
        "Two ExactResume",
    ),
    "save_freq": (
        lambda fit: fits.ExactResume("unused", save_freq=0),
        r"`save_freq` must be 'epoch' or .* Received: 0",
    ),
    "keep": (lambda fit: fits.ExactResume("unused", keep=0), "`keep` must be"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_resumed_is_refused(case, tmp_path):
    do, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        do(Small(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_keras_that_works_otherwise_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_call, "_PARTS", ("one_that_is_gone",))
    with pytest.raises(InputError, match=r"`fit` has no one_that_is_gone"):
        Small(tmp_path / "run")()


def test_it_does_nothing_outside_of_fit(tmp_path):
    model = keras.Sequential([keras.layers.Flatten()])
    resume = fits.ExactResume(tmp_path / "run")
    model.predict(fits.X, callbacks=[resume], verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small `fit` of two epochs."""
    fit = Small(tmp_path_factory.mktemp("small") / "run")
    fit(epochs=2)
    return fit


#: What the user changes, with more epochs or not -> the message.
CHANGED = {
    "the data": (
        {"x": fits.X + 1, "epochs": 3},
        r"does not come in the order.*first batch",
    ),
    "the rate": ({"rate": 0.2, "epochs": 2}, r"learning_rate: 0.1.* there"),
    "fewer epochs": ({"epochs": 1}, "epochs: 2 there, 1 now"),
    "the size of a batch": (
        {"epochs": 2, "batch_size": 7},
        "steps_per_epoch: 2 there, 6 now",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_has_changed_is_refused(finished, case):
    changes, message = CHANGED[case]
    with pytest.raises(InputError, match=message):
        finished(**changes)
    assert (finished.folder / "DONE").exists()


@pytest.mark.slow
def test_a_callback_whose_state_is_not_saved_is_named(tmp_path, caplog):
    class Forgetful(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.losses, self.best = [], float("nan")

        def on_epoch_end(self, epoch, logs=None):
            self.losses.append(logs["loss"])

    fit = Small(tmp_path / "run")
    fit(fits.X, fits.Y, Forgetful())
    (said,) = caplog.messages
    assert "Forgetful 1 is not saved: losses changed while" in said
    caplog.clear()
    fit(epochs=2)
    assert "only the interrupted run has the callback" in caplog.text


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


class Full(keras.callbacks.Callback):
    """Fills the disk before the last of three epochs."""

    def __init__(self, stack, room=4000):
        super().__init__()
        self.stack, self.room = stack, room

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            self.stack.enter_context(accidents.full_disk(self.room))

    state_dict = dict

    def load_state_dict(self, state):
        pass


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A `fit` whose disk was full before its last checkpoint; its history."""
    folder = tmp_path_factory.mktemp("full")
    whole = Small(folder / "whole")(epochs=3)
    with (
        contextlib.ExitStack() as stack,
        pytest.raises(InputError, match=r"cannot be written.*is intact"),
    ):
        Small(folder / "run")(fits.X, fits.Y, Full(stack), epochs=3)
    return folder / "run", whole.history


#: What has happened to the newest checkpoint.
DAMAGE = {
    "nothing": lambda folder: None,
    "truncated": lambda folder: os.truncate(
        folder / "step-4.data-00000-of-00001", 100
    ),
    "zeroed": lambda folder: (folder / "step-4.index").write_bytes(bytes(400)),
    "missing": lambda folder: (folder / "step-4.index").unlink(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGE)
def test_after_a_full_disk_and_damage(name, full, tmp_path):
    held, whole = full
    folder = shutil.copytree(held, tmp_path / "run")
    checkpoints = folder / "checkpoints"
    assert newest_first(checkpoints) == [4, 2]
    assert len(list(checkpoints.iterdir())) == 4
    DAMAGE[name](checkpoints)
    assert Small(folder)(epochs=3).history == whole


@pytest.mark.slow
def test_a_disk_that_is_full_for_a_log_of_keras(tmp_path):
    """The error is that of Keras' callback; what is torn is cut off."""

    def logged(folder, *callbacks):
        logger = keras.callbacks.CSVLogger(tmp_path / f"{folder}.csv")
        try:
            Small(tmp_path / folder)(
                fits.X, fits.Y, *callbacks, logger, epochs=3
            )
        finally:
            with contextlib.suppress(OSError):
                logger.csv_file.close()  # as the end of a process does
        return pathlib.Path(logger.filename).read_bytes()

    whole = logged("whole")
    with contextlib.ExitStack() as stack:
        full = Full(stack, room=len(whole) - 9)
        with pytest.raises(OSError, match="File too large"):
            logged("run", full)
    torn = (tmp_path / "run.csv").read_bytes()
    assert len(torn) == len(whole) - 9
    assert logged("run") == whole


VALUES = [
    None,
    float("inf"),
    {1: (2, [True, "x"]), "y": {3}},
    b"\0",
    np.random.get_state(legacy=False),
    random.getstate(),
    np.float32(1.5),
    tf.constant([1.0, 2.0], tf.bfloat16),
]


@pytest.mark.parametrize(
    "value", VALUES, ids=lambda value: type(value).__name__
)
def test_values_come_back(value):
    back = decode(encode(value, "it"))
    if isinstance(value, (dict, tuple, list)):
        np.testing.assert_equal(back, value)
    else:
        np.testing.assert_array_equal(back, value)


def test_what_cannot_be_saved_is_named():
    with pytest.raises(InputError, match=r"The state holds a object.*Expected"):
        encode([object()], "The state")
