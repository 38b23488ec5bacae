"""How much memory a run takes, against counts by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.trainers.inspection.memory import memory_of
from normzoo.trainers.run.state import build_state

BATCH = 64
CLASSES = 10
FLOAT = 4
#: Of the loss: the softmax minus the labels, and a few single numbers.
LOSS = FLOAT * BATCH * CLASSES
SINGLE = 250


def specs(shape, dtype="float32", batch=BATCH):
    labels = tf.TensorSpec([batch], "int32")
    return tf.TensorSpec([batch, *shape], dtype), labels


def compiled(model, optimizer="adam", **options):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **options)
    return model


def built(shape, *hidden, **options):
    stack = [keras.Input(shape), *hidden, keras.layers.Dense(CLASSES)]
    model = compiled(keras.Sequential(stack), **options)
    build_state(model, specs(shape))
    return model


def images(*shape):
    return BATCH * int(np.prod(shape))


def dense(units):
    return keras.layers.Dense(units)


def convolution(channels):
    return keras.layers.Conv2D(channels, 3, padding="same")


def norm():
    return layers.BatchNormalization()


RELU = keras.layers.ReLU
POOL = keras.layers.GlobalAveragePooling2D
#: Name -> (shape of an example, hidden layers, numbers kept for the gradient).
#: A product keeps its input, ReLU its output, which is the next one's input.
COUNTED = {
    "MLP": (
        (30,),
        lambda: [dense(20), RELU(), dense(15), RELU()],
        images(30) + images(20) + images(15),
    ),
    # Its input comes on top, and the mean and the variance of each unit, for
    # the kernel and for the second derivative.
    "MLP with batch norm": (
        (30,),
        lambda: [dense(20), norm(), RELU()],
        images(30) + 2 * images(20) + 4 * 20,
    ),
    "CNN": (
        (8, 8, 3),
        lambda: [convolution(6), RELU(), convolution(4), RELU(), POOL()],
        images(8, 8, 3) + images(8, 8, 6) + images(8, 8, 4) + images(4),
    ),
    # h of each step, and the last one once more as what the layer returns and
    # as the loop's state.
    "RNN": (
        (12, 5),
        lambda: [keras.layers.SimpleRNN(7)],
        images(12, 5) + images(12, 7) + 2 * images(7),
    ),
}


@pytest.mark.parametrize("name", COUNTED)
def test_the_bytes_are_those_counted_by_hand(name):
    shape, hidden, kept = COUNTED[name]
    model = built(shape, *hidden())
    found = memory_of(model, specs(shape))
    expected = FLOAT * kept + LOSS
    assert expected <= found["activations"] <= expected + SINGLE
    assert found["weights"] == sum(v.numpy().nbytes for v in model.variables)
    # Two slots of each trained weight, the rate, and the step of eight bytes.
    trained = sum(w.numpy().size for w in model.trainable_weights)
    assert found["optimizer"] == FLOAT * (2 * trained + 1) + 8


#: Each kind of loop. Cells that are not here run in the same loops.
RECURRENT = {
    "LSTM": keras.layers.LSTM,
    "BatchNormLSTM": layers.BatchNormLSTM,
    "BatchNormSimpleRNN": layers.BatchNormSimpleRNN,
    "LayerNormLSTM": layers.LayerNormLSTM,
    "IndRNN": layers.IndRNN,
    "bidirectional": lambda n: keras.layers.Bidirectional(keras.layers.GRU(n)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECURRENT)
def test_each_step_of_a_loop_takes_as_much(name):
    def of(steps):
        shape = (steps, 5)
        model = built(shape, RECURRENT[name](7))
        return memory_of(model, specs(shape))["activations"]

    short, longer, longest = map(of, (4, 8, 12))
    assert longest - longer == longer - short
    # Its input and its state, at the least.
    assert longer - short >= FLOAT * 4 * (images(5) + images(7))


class Own(keras.Model):
    """Has a `call` of its own, with a branch."""

    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(20)
        self.logits = keras.layers.Dense(CLASSES)

    def call(self, x):
        x = self.hidden(x)
        x = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.tanh(x), lambda: 2 * x)
        return self.logits(x)


class OwnStep(Own):
    """Trains by code of its own."""

    def train_step(self, data):
        return super().train_step(data)


def of_own(kind, **options):
    model = kind()
    model(np.zeros((2, 30), "float32"))
    compiled(model, **options)
    build_state(model, specs((30,)))
    return memory_of(model, specs((30,)))


def test_a_call_of_ones_own_is_seen():
    # What a branch is given, its tanh, and what is taken of both branches.
    kept = images(30) + 3 * images(20)
    found = of_own(Own)["activations"] - FLOAT * kept - LOSS
    assert 0 <= found <= SINGLE


@pytest.mark.parametrize(
    ("kind", "options"), [(OwnStep, {}), (Own, {"run_eagerly": True})]
)
def test_what_is_not_known(kind, options):
    assert of_own(kind, **options) is None


def test_lengths_that_are_not_known():
    model = built((12, 5), keras.layers.SimpleRNN(7))
    x, y = specs((None, 5))
    assert memory_of(model, (x, y)) is None


def test_half_precision_takes_half():
    shape, half = (30,), "mixed_bfloat16"
    layer = keras.layers.Dense(200, activation="relu", dtype=half)
    found = memory_of(built(shape, layer), specs(shape))["activations"]
    # A product keeps both factors as they were cast; the last layer, of
    # float32, casts its input.
    narrow = images(30) + 30 * 200 + images(200)
    rest = found - 2 * narrow - FLOAT * images(200) - LOSS
    assert 0 <= rest <= SINGLE


def test_nothing_is_changed():
    shape = (8,)
    model = built(shape, dense(4), norm(), keras.layers.Dropout(0.5))
    before = [v.numpy() for v in model.variables]
    memory_of(model, specs(shape))
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, other.numpy())
    assert all(x.name != "memory" for x in model.layers)
