import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from normzoo.layers import BatchNormalization, VirtualBatchNormalization
from normzoo.layers.norms.reference_scope import leading_reference

EPSILON = 1e-3

few = settings(max_examples=12, deadline=None)


def virtual(x, r, gamma, beta, axis=-1, epsilon=EPSILON):
    """Each example by the moments of the reference and itself, as one batch."""
    x, r = np.moveaxis(x, axis, -1), np.moveaxis(r, axis, -1)
    channels = x.shape[-1]
    outputs = []
    for example in x:
        both = [r.reshape(-1, channels), example.reshape(-1, channels)]
        both = np.concatenate(both).astype("float64")
        scale = gamma / np.sqrt(both.var(0) + epsilon)
        outputs.append((example - both.mean(0)) * scale + beta)
    return np.moveaxis(np.stack(outputs), -1, axis)


def slopes(function, point, step=1e-5):
    """Returns the gradient of a function by central differences."""
    gradient = np.zeros_like(point)
    for i in np.ndindex(point.shape):
        offset = np.zeros_like(point)
        offset[i] = step
        change = function(point + offset) - function(point - offset)
        gradient[i] = change / (2 * step)
    return gradient


def layer_with(gamma, beta, **kwargs):
    layer = VirtualBatchNormalization(**kwargs)
    shape = [2] * 5
    shape[layer.axis] = len(gamma)
    layer.build(shape)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    return layer


def random(shape, seed=0):
    return np.random.default_rng(seed).normal(1.0, 2.0, shape)


@st.composite
def batches(draw, most=3):
    """Draws an axis, examples and a reference of other sizes."""
    rank = draw(st.integers(2, 5))
    axis = draw(st.integers(1, rank - 1))
    size = st.integers(1, most)
    shapes = [[draw(size) for _ in range(rank)] for _ in range(2)]
    shapes[1][axis] = shapes[0][axis]
    x, r = (random(shape, seed) for seed, shape in enumerate(shapes))
    return draw(st.sampled_from([axis, axis - rank])), x, r


@few
@given(batches())
def test_outputs_and_gradients_match_numpy(batch):
    axis, x, r = batch
    gamma, beta = random(x.shape[axis], 2), random(x.shape[axis], 3)
    layer = layer_with(gamma, beta, axis=axis, dtype="float64")
    dy = random(x.shape, 4)
    sources = tf.constant(x), tf.constant(r)
    with tf.GradientTape() as tape:
        tape.watch(sources)
        y = layer(sources[0], reference=sources[1])
    weights = layer.gamma.value, layer.beta.value
    actual = tape.gradient(y, [*sources, *weights], tf.constant(dy))
    arguments = [x, r, gamma, beta]
    np.testing.assert_allclose(y, virtual(*arguments, axis), atol=1e-9)
    for i, gradient in enumerate(actual):

        def loss(value, i=i):
            changed = [*arguments[:i], value, *arguments[i + 1 :]]
            return np.sum(dy * virtual(*changed, axis))

        expected = slopes(loss, arguments[i])
        np.testing.assert_allclose(gradient, expected, 1e-5, 1e-5)


@pytest.mark.slow
@few
@given(batches())
def test_one_pass_is_the_same_as_two(batch):
    axis, x, r = batch
    shape = [len(r), *x.shape[1:]]
    assume(np.prod(shape) == r.size)
    x, r = tf.constant(x), tf.constant(r.reshape(shape))
    gamma, beta = random(x.shape[axis], 2), random(x.shape[axis], 3)
    layer = layer_with(gamma, beta, axis=axis, dtype="float64")
    dy = tf.constant(random(shape, 4)), tf.constant(random(x.shape, 5))

    def outputs_and_gradients(call):
        sources = [r, x]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            y = call()
            loss = tf.add_n(list(map(tf.tensordot, y, dy, [x.ndim] * 2)))
        sources += [layer.gamma.value, layer.beta.value]
        return [*y, *tape.gradient(loss, sources)]

    def one_pass():
        with leading_reference(len(r)):
            y = layer(tf.concat([r, x], 0))
        return y[: len(r)], y[len(r) :]

    def two_passes():
        return layer.normalize_reference(r), layer(x, reference=r)

    results = map(outputs_and_gradients, (one_pass, two_passes))
    for actual, expected in zip(*results, strict=True):
        np.testing.assert_allclose(actual, expected, 1e-8, 1e-8)


def test_gradients_of_gradients_match_autodiff():
    x, r = tf.constant(random((3, 4, 2))), tf.constant(random((5, 4, 2), 1))
    gamma, beta = tf.constant(random(2, 2)), tf.constant(random(2, 3))
    layer = layer_with(gamma, beta, dtype="float64")

    def plain(x, r):
        w = 1 / 6
        # Not tf.nn.moments: its gradients of gradients are wrong.
        mean = tf.reduce_mean(r, [0, 1])
        variance = tf.reduce_mean((r - mean) ** 2, [0, 1])
        own_mean = tf.reduce_mean(x, [1], keepdims=True)
        own_variance = tf.reduce_mean((x - own_mean) ** 2, [1], keepdims=True)
        variance = w * own_variance + (1 - w) * variance
        variance += w * (1 - w) * (own_mean - mean) ** 2
        mean = w * own_mean + (1 - w) * mean
        return gamma * (x - mean) * tf.math.rsqrt(variance + EPSILON) + beta

    def second_order(call):
        with tf.GradientTape() as outer:
            outer.watch([x, r])
            with tf.GradientTape() as inner:
                inner.watch([x, r])
                loss = tf.reduce_sum(call(x, r) ** 3)
            first = inner.gradient(loss, [x, r])
            penalty = tf.add_n([tf.reduce_sum(g**2) for g in first])
        return outer.gradient(penalty, [x, r])

    expected = second_order(plain)
    actual = second_order(lambda x, r: layer(x, reference=r))
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, 1e-8)


def test_reference_is_remembered():
    x, r = random((4, 3, 2)), random((5, 7, 2), 1)
    layer = VirtualBatchNormalization(dtype="float64")
    expected = layer(x, reference=r)
    np.testing.assert_array_equal(layer(x), expected)
    np.testing.assert_allclose(layer.reference_mean, r.mean((0, 1)))
    np.testing.assert_allclose(layer.reference_variance, r.var((0, 1)))
    np.testing.assert_array_equal(layer.reference_count, [35, 35])
    other = VirtualBatchNormalization(dtype="float64")
    other.normalize_reference(tf.constant(r))
    np.testing.assert_array_equal(other(x), expected)


def test_no_examples():
    for shape in ((0, 3), (0, 4, 3)):
        y = VirtualBatchNormalization()(
            np.ones(shape), reference=np.ones((2, *shape[1:]))
        )
        assert y.shape == shape


def test_layer_that_saw_no_reference_only_scales():
    layer = VirtualBatchNormalization(epsilon=3.0)
    np.testing.assert_array_equal(layer(np.ones((2, 3))), np.full((2, 3), 0.5))


def test_batch_by_its_own_statistics_is_batch_normalized():
    x = random((6, 5, 3)).astype("float32")
    expected = BatchNormalization()(x, training=True)
    actual = VirtualBatchNormalization().normalize_reference(x)
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_batch_with_itself_as_reference_nears_batch_norm():
    x = random((2000, 4)).astype("float32")
    expected = BatchNormalization()(x, training=True)
    actual = VirtualBatchNormalization()(x, reference=x)
    np.testing.assert_allclose(actual, expected, atol=0.05)
    assert np.abs(actual - expected).max() > 1e-3


def test_masked_positions_stay_out():
    x, r = random((3, 4, 2)), random((5, 4, 2), 1)
    layer = VirtualBatchNormalization(dtype="float64")
    ones, zeros = np.ones(2), np.zeros(2)
    masks = {"mask": np.arange(4) < [[2], [4], [3]]}
    masks["reference_mask"] = np.arange(4) < [[4], [1], [2], [0], [3]]
    y = layer(x, reference=r, **masks)
    kept = r[masks["reference_mask"]][np.newaxis]
    for i, length in enumerate((2, 4, 3)):
        expected = virtual(x[i : i + 1, :length], kept, ones, zeros)
        np.testing.assert_allclose(y[i : i + 1, :length], expected)
    np.testing.assert_array_equal(layer.reference_count, [10, 10])


def test_masks_of_keras_are_found():
    x, r = random((3, 4, 2)), random((5, 4, 2), 1)
    x[0, 2:] = r[1, 1:] = 0
    masking = keras.layers.Masking(dtype="float64")
    layer = VirtualBatchNormalization(dtype="float64")
    masked_x, masked_r = masking(x), masking(r)
    masks = masked_x._keras_mask, masked_r._keras_mask
    y = layer(masked_x, reference=masked_r)
    expected = layer(x, reference=r, mask=masks[0], reference_mask=masks[1])
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(layer(masked_x), expected)
    np.testing.assert_array_equal(y._keras_mask, masks[0])


@pytest.mark.quick("shape0-graph", "shape1-xla")
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("shape", [(40, 3), (8, 500, 3), (8, 40, 40, 3)])
def test_small_deviations_from_a_large_mean(shape, jit):
    rng = np.random.default_rng(0)
    x, r = rng.normal(1000, 0.1, (2, *shape)).astype("float32")
    layer = VirtualBatchNormalization(epsilon=1e-5)
    layer.build(shape)
    call = tf.function(
        lambda x, r: layer(x, reference=r), jit_compile=jit, autograph=False
    )
    expected = virtual(x, r, np.ones(3), np.zeros(3), epsilon=1e-5)
    np.testing.assert_allclose(call(x, r), expected, atol=5e-3)


def test_large_values_in_half_precision():
    x, r = (1e5 * random((6, 4, 3), seed).astype("float32") for seed in (0, 1))
    layer = VirtualBatchNormalization(dtype="mixed_float16")
    expected = virtual(x, r, np.ones(3), np.zeros(3))
    y = layer(x, reference=r)
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, expected, atol=4e-3)
    np.testing.assert_allclose(layer(x), expected, atol=4e-3)


def test_statistics_fit_where_the_policy_is_half_precision():
    layer = VirtualBatchNormalization(dtype="float16")
    layer.normalize_reference(tf.constant([[1e4, 0.0], [-1e4, 0.0]]))
    np.testing.assert_array_equal(layer.reference_variance, [1e8, 0.0])


def compiled(function, mode):
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla", autograph=False)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@settings(max_examples=6, deadline=None)
@given(batch=batches(most=19), mates=st.integers(0, 9), row=st.integers(0, 18))
def test_batch_mates_change_no_bit(mode, batch, mates, row):
    axis, x, r = batch
    x, r = x.astype("float32"), r.astype("float32")
    row %= len(x)
    layer = VirtualBatchNormalization(axis=axis)
    layer(x, reference=r)
    mine = x[row : row + 1]
    if mode == "xla":
        # Another size is another program.
        other, place = -9 * x, row
        other[row] = mine
    else:
        strangers = 9 * random((mates, *x.shape[1:]), 7).astype("float32")
        other, place = np.concatenate([strangers, mine, strangers]), mates
    remembered = compiled(layer, mode)
    referring = compiled(lambda x: layer(x, reference=r), mode)
    for call in (remembered, referring):
        expected = np.asarray(call(tf.constant(x)))[row]
        actual = np.asarray(call(tf.constant(other)))[place]
        np.testing.assert_array_equal(actual, expected)


def test_wrong_arguments_are_refused():
    for axis in (0, -3, 3):
        with pytest.raises(ValueError, match="is out of range"):
            VirtualBatchNormalization(axis=axis).build((2, 3, 4))
    with pytest.raises(ValueError, match="must be known"):
        VirtualBatchNormalization().build((2, 3, None))
    with pytest.raises(ValueError, match="one axis fewer"):
        VirtualBatchNormalization()(np.ones((2, 3)), mask=np.ones((2, 3)))


def test_symbolic_reference():
    x, r = keras.Input((3, 2)), keras.Input((5, 2))
    model = keras.Model([x, r], VirtualBatchNormalization()(x, reference=r))
    values = random((4, 3, 2)), random((6, 5, 2), 1)
    expected = virtual(*values, np.ones(2), np.zeros(2))
    np.testing.assert_allclose(model(values), expected, atol=1e-5)
