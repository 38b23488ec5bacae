"""Ghost batches, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import BatchNormalization

from .. import reference

RNG = np.random.default_rng(0)

#: Batch size, `virtual_batch_size` -> the sizes of the groups.
SIZES = {
    (8, 4): [4, 4],
    (7, 3): [3, 2, 2],
    (9, 4): [3, 3, 3],
    (13, 4): [4, 3, 3, 3],
    (3, 8): [3],
    (4, 1): [1, 1, 1, 1],
}
#: Axis of the channels, shape without the batch, whether there is a mask.
LAYOUTS = [
    (-1, (3,), False),
    (-1, (4, 3), True),
    (1, (3, 2, 2), False),
    (1, (3, 4), True),
]


def expected(x, dy, sizes, axis, gamma, beta, mask):
    """Returns outputs, gradients, and the averages of the groups' moments."""
    channels = axis % x.ndim
    axes = tuple(i for i in range(x.ndim) if i != channels)
    shape = [-1 if i == channels else 1 for i in range(x.ndim)]
    gamma, beta = (np.reshape(v, shape) for v in (gamma, beta))
    results, learned, start = [], [], 0
    for size in sizes:
        rows = slice(start, start + size)
        start += size
        own = None if mask is None else mask[rows][..., None]
        given = axes, 1e-3, gamma, beta, own
        y = reference.normalize(x[rows], *given)
        slopes = reference.gradients(x[rows], dy[rows], *given)
        results.append((y, *slopes))
        mean, variance, _ = reference.moments(x[rows], axes, own)
        real = np.broadcast_to(True if own is None else own, x[rows].shape)
        learned.append((real.sum(axes, keepdims=True), mean, variance))
    y, dx, d_gamma, d_beta = zip(*results, strict=True)
    weights, means, variances = map(np.stack, zip(*learned, strict=True))
    moving = [(weights * v).sum(0) / weights.sum(0) for v in (means, variances)]
    return [
        np.concatenate(y),
        np.concatenate(dx),
        *(v.ravel() for v in (sum(d_gamma), sum(d_beta), *moving)),
    ]


def make(shape, axis, size, dtype="float64"):
    layer = BatchNormalization(
        axis, momentum=0.0, virtual_batch_size=size, dtype=dtype
    )
    layer.build((None, *shape))
    channels = (None, *shape)[axis]
    layer.gamma.assign(np.linspace(0.5, 1.5, channels))
    layer.beta.assign(np.linspace(-1, 1, channels))
    return layer


def found(layer, x, dy, mask):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True, mask=mask)
        loss = tf.reduce_sum(y * dy)
    sources = [x, layer.gamma.value, layer.beta.value]
    gradients = tape.gradient(loss, sources)
    return [y, *gradients, layer.moving_mean.value, layer.moving_variance.value]


#: Each size, and each layout, with one of the others.
ROWS = [
    *((size, LAYOUTS[1]) for size in SIZES),
    *(((7, 3), layout) for layout in LAYOUTS if layout is not LAYOUTS[1]),
]


@pytest.mark.parametrize(("sizes", "layout"), ROWS)
def test_groups_are_batches_of_their_own(sizes, layout):
    (batch, size), (axis, shape, masked) = sizes, layout
    x, dy = RNG.normal(2, 3, (2, batch, *shape))
    mask = RNG.random(x.shape[:-1]) < 0.7 if masked else None
    if masked:
        mask[0] = True
        dy = dy * mask[..., None]
    actual = found(make(shape, axis, size), tf.constant(x), dy, mask)
    gamma, beta = np.linspace(0.5, 1.5, 3), np.linspace(-1, 1, 3)
    wanted = expected(x, dy, SIZES[batch, size], axis, gamma, beta, mask)
    for i, (a, b) in enumerate(zip(actual, wanted, strict=True)):
        if masked and i == 0:
            a, b = (np.where(mask[..., None], v, 0) for v in (a, b))
        np.testing.assert_allclose(a, b, 1e-9, 1e-9)


#: An example of which three make a group that is left to the kernel.
LARGE = (64, 96, 8)


@pytest.mark.parametrize(("batch", "size"), [(7, 3), (8, 4), (2, 8)])
def test_large_groups_are_left_to_the_kernel(batch, size):
    x, dy = RNG.normal(2, 3, (2, batch, *LARGE)).astype("float32")
    layer = make(LARGE, -1, size, "float32")
    spec = tf.TensorSpec((None, *LARGE))

    @tf.function(autograph=False, input_signature=[spec, spec])
    def run(x, dy):
        return found(layer, x, dy, None)

    wanted = expected(
        *(v.astype("float64") for v in (x, dy)),
        SIZES.get((batch, size), [batch]),
        -1,
        np.linspace(0.5, 1.5, 8),
        np.linspace(-1, 1, 8),
        None,
    )
    for a, b in zip(run(x, dy), wanted, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-4 * abs(b).max())
    assert kernels(run.get_concrete_function()) == {
        "FusedBatchNormV3",
        "FusedBatchNormGradV3",
    }


def kernels(concrete):
    """Returns which of TensorFlow's batch norm kernels a graph runs."""
    functions = concrete.graph.as_graph_def().library.function
    nodes = (node.op for function in functions for node in function.node_def)
    return {op for op in nodes if op.startswith("FusedBatchNorm")}


@pytest.mark.slow
def test_large_batches_of_any_size_are_mapped():
    layer = make(LARGE, -1, 3, "float32")

    @tf.function(
        autograph=False, input_signature=[tf.TensorSpec((2, None, *LARGE))]
    )
    def mapped(x):
        return tf.vectorized_map(slopes, x)

    def slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(layer(x, training=True))
        return tape.gradient(y, x)

    for batch in (5, 6):  # groups of two lengths, and of one
        x = RNG.normal(2, 3, (2, batch, *LARGE)).astype("float32")
        wanted = tf.stack([slopes(tf.constant(rows)) for rows in x])
        np.testing.assert_allclose(mapped(x), wanted, 0, 1e-5)


def test_the_kernels_gradient_has_derivatives():
    def slopes(dtype):
        layer = make(LARGE, -1, 3, dtype)
        x = tf.constant(inputs, dtype)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.square(layer(x, training=True))
            sources = [x, layer.gamma.value, layer.beta.value]
            firsts = tape.gradient(y, sources, tf.cast(weights, dtype))
            penalty = sum(tf.reduce_sum(tf.square(v)) for v in firsts)
        return outer.gradient(penalty, [x, layer.gamma.value])

    inputs, weights = RNG.normal(2, 3, (2, 4, *LARGE)).astype("float32")
    for a, b in zip(slopes("float32"), slopes("float64"), strict=True):
        np.testing.assert_allclose(a, b, 0, 1e-4 * np.abs(b).max())


@pytest.mark.quick("graph")
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_one_graph_takes_batches_of_any_size(jit):
    layer = make((2, 3), -1, 3, "float32")
    specs = [tf.TensorSpec((None, 2, 3))] * 2
    run = tf.function(
        lambda x, dy: found(layer, x, dy, None),
        specs,
        jit_compile=jit,
        autograph=False,
    )
    for batch in (6, 7):
        x, dy = RNG.normal(2, 3, (2, batch, 2, 3)).astype("float32")
        eager = found(make((2, 3), -1, 3, "float32"), tf.constant(x), dy, None)
        for a, b in zip(run(x, dy), eager, strict=True):
            np.testing.assert_allclose(a, b, 1e-5, 1e-5)


def test_a_masked_group_teaches_nothing():
    layer = make((2, 3), -1, 2)
    x = RNG.normal(size=(4, 2, 3))
    mask = np.array([[True, True]] * 2 + [[False, False]] * 2)
    layer(np.where(mask[..., None], x, np.nan), training=True, mask=mask)
    np.testing.assert_allclose(layer.moving_mean, x[:2].mean((0, 1)))
    before = layer.get_weights()
    layer(x, training=True, mask=np.zeros_like(mask))
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_inference_is_that_of_batch_norm():
    x = RNG.normal(size=(6, 3))
    plain = BatchNormalization.from_config(
        {**make((3,), -1, 2).get_config(), "virtual_batch_size": None}
    )
    plain.build((None, 3))
    layer = make((3,), -1, 2)
    layer(x, training=True)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), plain(x))


@pytest.mark.parametrize("other", ["renorm", "synchronized"])
def test_what_cannot_be_combined(other):
    with pytest.raises(ValueError, match=f"cannot be combined with {other}"):
        BatchNormalization(virtual_batch_size=4, **{other: True})


def test_reestimation_normalizes_by_groups_as_training_does():
    inputs = keras.Input((3,))
    ghost = BatchNormalization(virtual_batch_size=2)
    last = BatchNormalization()
    model = keras.Model(inputs, last(keras.ops.exp(ghost(inputs))))
    x = RNG.normal(size=(6, 3)).astype("float32")
    layers.reestimate_statistics(model, x, layerwise=False, verbose=0)
    np.testing.assert_allclose(ghost.moving_mean, x.mean(0), 1e-5, 1e-6)
    np.testing.assert_allclose(ghost.moving_variance, x.var(0), 1e-5)
    pairs = x.reshape(3, 2, 3)
    spread = np.sqrt(pairs.var(1, keepdims=True) + 1e-3)
    seen = np.exp((pairs - pairs.mean(1, keepdims=True)) / spread)
    np.testing.assert_allclose(last.moving_mean, seen.mean((0, 1)), 1e-4)
