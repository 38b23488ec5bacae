"""The gradient by hand against autodiff, which other activations get."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers.numerics import batch_scores
from normzoo.layers.recurrent import fast_lstm, lstm_gradient, parts

MASK = np.array(
    [[1, 1, 1, 1, 0], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]], bool
)


@pytest.fixture
def as_under_xla(monkeypatch):
    """Takes the gradient by hand, which is taken under XLA, everywhere."""
    monkeypatch.setattr(fast_lstm, "under_xla", lambda: True)
    monkeypatch.setattr(batch_scores, "under_xla", lambda: True)


def results(layer, mask, jit=None):
    """Returns outputs, gradients and weights after a step.

    `jit` is None for an eager step.
    """
    layer = built(layer)
    rng = np.random.default_rng(1)
    shapes = [(4, 5, 3), (4, 6), (4, 6)]
    sources = [tf.constant(rng.normal(size=s), layer.dtype) for s in shapes]

    def step(x, *states):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            y = layer(x, initial_state=list(states), mask=mask, training=True)
            loss = sum(tf.reduce_sum(tf.sin(3 * value)) for value in y)
        weights = [weight.value for weight in layer.trainable_weights]
        return [*y, *tape.gradient(loss, [x, *states, *weights])]

    run = step
    if jit is not None:
        run = tf.function(step, jit_compile=jit, autograph=False)
    return [*run(*sources), *layer.get_weights()]


BATCH, LAYER = layers.BatchNormLSTM, layers.LayerNormLSTM


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "masked", "mode"),
    [
        (BATCH, False, "graph"),
        (BATCH, True, "graph"),
        (LAYER, False, "graph"),
        (LAYER, True, "graph"),
        # To compile them takes long, and each half is in one.
        (BATCH, False, "unrolled"),
        (LAYER, True, "unrolled"),
        (BATCH, True, "xla"),
        (LAYER, False, "xla"),
    ],
)
def test_equals_autodiff(as_under_xla, layer, masked, mode):
    mask, jit = MASK if masked else None, mode == "xla"
    dtype = "float32" if jit else "float64"
    kwargs = {"dtype": dtype, "unroll": mode == "unrolled"}
    assert_equals_autodiff(layer, mask, jit, kwargs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "masked", "dropout"),
    [
        # Batch norm without dropout: `batch-lstm` of ../cases.py.
        (LAYER, False, 0.0),
        (BATCH, True, 0.5),
        (LAYER, True, 0.5),
    ],
)
def test_compiled_loop_equals_autodiff(compiled_loops, layer, masked, dropout):
    mask = MASK if masked else None
    # Five steps are two parts of two, and one of one. Four examples are a part
    # of three, and one of one; with dropout, parts are of steps for both.
    kwargs = {"dtype": "float64", "dropout": dropout, "seed": 1}
    assert_equals_autodiff(layer, mask, False, kwargs)
    assert compiled_loops


def assert_equals_autodiff(layer, mask, jit, kwargs):
    kwargs |= {"return_sequences": True, "return_state": True}
    ours = results(layer(6, **kwargs), mask, jit)
    # Eager: compiling it, too, would take as long again.
    theirs = results(layer(6, activation=tf.tanh, **kwargs), mask)
    tolerance = {"float64": 1e-12, "float32": 1e-4}[kwargs["dtype"]]
    for a, b in zip(ours, theirs, strict=True):
        scale = max(1, np.abs(b).max())
        np.testing.assert_allclose(a / scale, b / scale, 0, tolerance)


@pytest.fixture
def compiled_loops(monkeypatch):
    """Lists the loops that are compiled."""
    loops, make = [], lstm_gradient.LSTMLoop

    def spy(scores, unroll, jit_compile):
        loops.extend([scores] * jit_compile)
        return make(scores, unroll, jit_compile)

    monkeypatch.setattr(fast_lstm, "LSTMLoop", spy)
    monkeypatch.setattr(parts, "_FEWEST_EXAMPLES", 3)
    return loops


@pytest.mark.slow
@pytest.mark.parametrize(
    ("jit_compile", "shape", "expected"),
    [
        ("auto", (4, 5, 3), True),
        ("auto", (None, 5, 3), False),
        (True, (None, 5, 3), True),
        (True, (4, None, 3), False),
        (False, (4, 5, 3), False),
    ],
)
def test_when_the_loop_is_compiled(
    compiled_loops, jit_compile, shape, expected
):
    layer = layers.BatchNormLSTM(6, max_timesteps=5, jit_compile=jit_compile)
    layer.build(shape)
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    eager = layer(x, training=True)
    assert not compiled_loops
    signature = [tf.TensorSpec(shape)]

    @tf.function(input_signature=signature, autograph=False)
    def run(x):
        return layer(x, training=True)

    np.testing.assert_allclose(run(x), eager, 0, 1e-5)
    assert bool(compiled_loops) == expected


@pytest.mark.slow
def test_compiled_loop_on_replicas(compiled_loops, two_replicas):
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    with two_replicas.scope():
        layer = layers.LayerNormLSTM(6)
        layer.build(x.shape)

    @tf.function(autograph=False)
    def step():
        def replica():
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(layer(tf.constant(x), training=True))
            kernel = layer.cell.recurrent_kernel.value
            return tape.gradient(y, kernel)

        return two_replicas.experimental_local_results(
            two_replicas.run(replica)
        )

    first, second = step()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(x, training=True))
    eager = tape.gradient(y, layer.cell.recurrent_kernel.value)
    np.testing.assert_allclose(first, eager, 1e-3, 1e-4)
    np.testing.assert_array_equal(first, second)
    assert len(compiled_loops) == 2


@pytest.mark.slow
@pytest.mark.parametrize("layer", [layers.BatchNormLSTM, layers.LayerNormLSTM])
def test_second_derivatives_equal_autodiff(as_under_xla, layer):
    own = penalty(built(layer(6, dtype="float64")))
    other = penalty(built(layer(6, dtype="float64", activation=tf.tanh)))
    np.testing.assert_allclose(own, other, 1e-9, 1e-12)


@pytest.mark.slow
def test_second_derivatives_of_compiled_loop(compiled_loops, monkeypatch):
    # Two parts of two steps: each further one is compiled for seconds.
    monkeypatch.setattr(parts, "_PARTS", 2)
    layer, shape = layers.BatchNormLSTM, (4, 4, 3)
    compiled = built(layer(6, dtype="float64"), shape)
    own = tf.function(lambda: penalty(compiled, shape), autograph=False)()
    assert compiled_loops
    other = built(layer(6, dtype="float64", activation=tf.tanh), shape)
    np.testing.assert_allclose(own, penalty(other, shape), 1e-9, 1e-12)


def built(layer, shape=(4, 5, 3)):
    """Returns a layer with weights of its own."""
    layer.build(shape)
    rng = np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.5, 0.5, weight.shape))
    return layer


def penalty(layer, shape=(4, 5, 3)):
    """Returns the gradient of a gradient's square."""
    x = tf.constant(np.random.default_rng(1).normal(size=shape))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x, training=True) ** 2)
        penalty = tf.reduce_sum(inner.gradient(y, x) ** 2)
    return outer.gradient(penalty, x)
