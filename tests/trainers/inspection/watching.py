"""Models that `NormStatistics` watches, and what it then shows."""

import pathlib
import re

import keras
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

import normzoo
from normzoo import zoo

DOCUMENT = (
    pathlib.Path(normzoo.__file__).parent / "docs/tensorboard.md"
).read_text()
X = np.random.default_rng(0).normal(1.0, 2.0, (48, 6)).astype("float32")
Y = (np.arange(48) % 3).astype("int32")


def network(norm="batch", **compiled):
    keras.utils.set_random_seed(0)
    model = zoo.mlp((6,), 3, norm=norm, depth=1, width=4)
    return compiled_model(model, **compiled)


def compiled_model(model, **compiled):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        **{"optimizer": keras.optimizers.SGD(0.1), "loss": loss, **compiled}
    )
    return model


def fit(model, *callbacks, x=X, **options):
    # The order of the batches is the seed's.
    keras.utils.set_random_seed(1)
    model.fit(
        x,
        Y[: len(x)],
        **{"batch_size": 16, "verbose": 0, "epochs": 2, **options},
        callbacks=list(callbacks),
    )
    return model


def events(folder):
    sizes = {"tensors": 0, "histograms": 0}
    return event_accumulator.EventAccumulator(
        str(folder / "norms"), sizes
    ).Reload()


def series(found, tag):
    return {
        event.step: tf.make_ndarray(event.tensor_proto)
        for event in found.Tensors(tag)
    }


def value(found, tag, step):
    return float(series(found, tag)[step])


def check_documented(found):
    """Each tag is in a table of the document."""
    tags = found.Tags()["tensors"]
    assert tags
    for tag in tags:
        first, _, path = tag.partition("/")
        first = re.sub("(?<!unit)_(input|recurrent|cell)", "_SITE", first)
        assert f"`{first}{'/PATH' * bool(path)}`" in DOCUMENT, tag


def noisy():
    """Dropout, whose noise must not move, and Adam."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.Dropout(0.5, seed=3))
    model.add(keras.layers.Dense(3))
    return compiled_model(model, optimizer="adam", metrics=["accuracy"])


class Cell(keras.layers.Layer):
    """A recurrent cell of a user's own, with a norm in it."""

    def __init__(self, norm, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = 4
        self.dense = keras.layers.Dense(4)
        self.norm = norm

    def build(self, shape):
        self.dense.build((None, shape[-1] + 4))
        self.norm.build((None, 4))
        self.built = True

    def product(self, x, state):
        return self.dense(tf.concat([x, state], -1))

    def call(self, x, states, training=None):
        h = tf.tanh(self.norm(self.product(x, states[0]), training=training))
        return h, [h]


def of_sequences(layer, *front):
    """A classifier of sequences whose length is known."""
    stack = [keras.Input((5, 2)), *front, layer]
    if layer.return_sequences:
        stack.append(keras.layers.GlobalAveragePooling1D())
    stack.append(keras.layers.Dense(3, name="logits"))
    return compiled_model(keras.Sequential(stack, name="sequences"))
