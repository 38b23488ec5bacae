"""What cannot be resumed, and what is not saved, is named."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.resuming import fit_call
from normzoo.trainers.resuming.plain import decode, encode

from . import fits
from .small_fit import Small


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
