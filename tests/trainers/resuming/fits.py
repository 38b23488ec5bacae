"""Calls of `fit` as users write them, which tests interrupt."""

import os
import pathlib
import signal

import keras
import numpy as np
import tensorflow as tf

from normzoo.layers import GroupNormalization
from normzoo.trainers.callbacks import ExactResume
from normzoo.zoo.norm_noise import NormNoise

LAYERS, CALLBACKS = keras.layers, keras.callbacks
X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = np.square(X[:, :1])


class Counter(CALLBACKS.Callback):
    """Counts steps and the sum of the losses, and can be saved."""

    def __init__(self):
        super().__init__()
        self.seen, self.epochs = {}, []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(epoch)

    def on_train_batch_end(self, batch, logs=None):
        self.seen[batch] = self.seen.get(batch, 0.0) + logs["loss"]

    def state_dict(self):
        return {"seen": self.seen, "epochs": self.epochs}

    def load_state_dict(self, state):
        self.seen, self.epochs = state["seen"], state["epochs"]


class Kill(CALLBACKS.Callback):
    """Kills the process at the end of an epoch, before that is saved."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGKILL)

    state_dict = dict

    def load_state_dict(self, state):
        pass


class Shuffled(keras.utils.PyDataset):
    """Shuffled by NumPy after each epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.order = np.arange(len(X))

    def __len__(self):
        return 5

    def __getitem__(self, index):
        chosen = self.order[8 * index : 8 * index + 8]
        return X[chosen], Y[chosen]

    def on_epoch_end(self):
        np.random.shuffle(self.order)


class Noisy(Shuffled):
    """Draws from NumPy's generator for each batch, too."""

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x + np.random.normal(size=x.shape), y

    def state_dict(self):
        return {"order": self.order}

    def load_state_dict(self, state):
        self.order = state["order"]


class Subclassed(keras.Model):
    """Has no weights before its first step."""

    def __init__(self):
        super().__init__()
        self.inner = LAYERS.Dense(4)
        self.norm = LAYERS.BatchNormalization()
        self.dropout = LAYERS.Dropout(0.3)
        self.outer = LAYERS.Dense(1)

    def call(self, inputs, training=False):
        x = self.norm(self.inner(inputs), training=training)
        return self.outer(self.dropout(x, training=training))


def sequential():
    noise = LAYERS.GaussianNoise(0.1)
    return keras.Sequential([LAYERS.Dense(4), noise, LAYERS.Dense(1)])


def functional():
    inputs = keras.Input((4,))
    x = GroupNormalization(groups=2)(LAYERS.Dense(4)(inputs))
    x = LAYERS.Dropout(0.2)(NormNoise(0.1)(x))
    return keras.Model(inputs, LAYERS.Dense(1)(x))


def adam(**options):
    return keras.optimizers.Adam(0.02, **options)


def dataset():
    examples = tf.data.Dataset.from_tensor_slices((X, Y))
    return examples.shuffle(40)


def early(folder):
    return [
        CALLBACKS.EarlyStopping("loss", patience=2, restore_best_weights=True)
    ]


def plateau(folder):
    return [
        CALLBACKS.ReduceLROnPlateau("loss", patience=0, min_delta=0.3),
        CALLBACKS.CSVLogger(folder / "log.csv"),
        CALLBACKS.ModelCheckpoint(
            folder / "best.weights.h5",
            save_best_only=True,
            save_weights_only=True,
        ),
    ]


#: Name -> model, optimizer, arguments of `fit`, callbacks besides `Counter`,
#: `save_freq`.
FITS = {
    "arrays": (
        sequential,
        lambda: keras.optimizers.SGD(0.02, momentum=0.9, use_ema=True),
        lambda: {"x": X, "y": Y, "batch_size": 8},
        early,
        2,
    ),
    "dataset": (
        functional,
        lambda: keras.optimizers.LossScaleOptimizer(adam()),
        lambda: {"x": dataset().batch(8), "validation_data": (X, Y)},
        plateau,
        "epoch",
    ),
    "of unknown length": (
        Subclassed,
        adam,
        lambda: {"x": dataset().filter(lambda *_: True).batch(8)},
        early,
        1,
    ),
    "endless": (
        sequential,
        lambda: adam(use_ema=True),
        lambda: {"x": dataset().repeat().batch(7), "steps_per_epoch": 5},
        early,
        2,
    ),
    "PyDataset": (
        sequential,
        adam,
        lambda: {"x": Noisy(), "shuffle": True},
        early,
        3,
    ),
    "PyDataset with workers": (
        sequential,
        adam,
        lambda: {"x": Shuffled(workers=2), "shuffle": True},
        early,
        "epoch",
    ),
}


def fit(name, folder, *others, resume=True, epochs=4, steps=1, **changes):
    """Trains as a new process would; returns all that is left in the end.

    Args:
        name: of `FITS`.
        folder: for files.
        others: more callbacks, the first ones.
        resume: whether there is an `ExactResume`.
        epochs: of the whole run.
        steps: in one call.
        changes: other arguments of `ExactResume`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    make, optimizer, arguments, callbacks, often = FITS[name]
    model, counter = make(), Counter()
    model.compile(
        optimizer(), "mse", metrics=["mae"], steps_per_execution=steps
    )
    options = {"save_freq": often, **changes}
    own = [ExactResume(folder / "run", **options)] if resume else []
    used = [*others, counter, *own, *callbacks(folder)]
    try:
        history = model.fit(
            **arguments(), epochs=epochs, verbose=0, callbacks=used
        )
    except BaseException:
        for callback in used:
            if isinstance(callback, CALLBACKS.CSVLogger):
                callback.csv_file.close()  # as the end of a process does
        raise
    variables = [*model.variables, *model.optimizer.variables]
    log = folder / "log.csv"
    return {
        "variables": [np.asarray(v.value) for v in variables],
        "history": history.history,
        "epochs": history.epoch,
        "seen": counter.seen,
        "begun": counter.epochs,
        "log": log.read_text() if log.exists() else None,
    }


def assert_equal(actual, expected):
    """Compares what two calls of `fit` have returned, bit by bit."""
    pairs = zip(actual["variables"], expected["variables"], strict=True)
    for got, wanted in pairs:
        np.testing.assert_array_equal(got, wanted)
    for key in expected.keys() - {"variables"}:
        assert actual[key] == expected[key], key


if __name__ == "job_main":
    import pickle

    job = JOB  # noqa: F821
    call = job["call"]
    name, folder = call.pop("name"), call.pop("folder")
    left = fit(name, folder, Kill(job.get("kill")), **call, save_freq=1)
    pathlib.Path(job["result"]).write_bytes(pickle.dumps(left))
