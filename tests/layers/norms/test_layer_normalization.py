import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from normzoo.layers import LayerNormalization

from .. import reference

# Older versions of Keras do not sort the axes of gamma and beta.
SORTED = pytest.mark.keras((3, 14))
AXES = [-1, 1, [-1], (1, 2), (1, 3)]
AXES += [pytest.param(axes, marks=SORTED) for axes in ([-1, -2], [2, 1, 3])]


def call(layer, x, dy):
    """Returns outputs and gradients."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    variables = [weight.value for weight in layer.trainable_weights]
    return [y, *tape.gradient(y, [x, *variables], dy)]


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_equals_keras(axis):
    rng = np.random.default_rng(0)
    x, dy = tf.unstack(rng.normal(size=(2, 3, 4, 5, 6)).astype("float32"))
    theirs = keras.layers.LayerNormalization(axis, epsilon=1e-5)
    ours = LayerNormalization.from_config(theirs.get_config())
    for layer in (ours, theirs):
        layer.build(x.shape)
    shapes = [weight.shape for weight in theirs.weights]
    assert [weight.shape for weight in ours.weights] == shapes
    theirs.set_weights([rng.uniform(0.5, 1.5, shape) for shape in shapes])
    ours.set_weights(theirs.get_weights())
    for a, b in zip(call(ours, x, dy), call(theirs, x, dy), strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`")
def test_old_rms_scaling_equals_keras():
    rng = np.random.default_rng(0)
    x, dy = tf.unstack(rng.normal(1, 2, size=(2, 3, 4)).astype("float32"))
    ours = LayerNormalization(rms_scaling=True)
    theirs = keras.layers.LayerNormalization(rms_scaling=True)
    for a, b in zip(call(ours, x, dy), call(theirs, x, dy), strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-5)


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    dtype=st.sampled_from(["float64", "float32", "bfloat16", "float16"]),
    mean=st.sampled_from([0.0, -100.0, 1000.0]),
    data=st.data(),
)
def test_matches_numpy(shape, dtype, mean, data):
    feature_axes = st.lists(
        st.integers(1, len(shape) - 1), min_size=1, unique=True
    )
    axes = tuple(sorted(data.draw(feature_axes)))
    rng = np.random.default_rng(0)
    x = tf.cast(rng.normal(mean, 5.0, shape), dtype)
    dy = tf.cast(rng.normal(size=shape), dtype)
    layer = LayerNormalization(axes, epsilon=1e-3, dtype=dtype)
    x64, dy64 = tf.cast(x, tf.float64).numpy(), tf.cast(dy, tf.float64).numpy()
    gamma = np.ones([shape[i] if i in axes else 1 for i in range(len(shape))])
    y, dx, d_gamma, d_beta = call(layer, x, dy)
    assert y.dtype == dtype
    expected = reference.normalize(x64, axes, 1e-3, gamma, 0.0)
    gradients = reference.gradients(x64, dy64, axes, 1e-3, gamma, 0.0)
    # Outputs are rounded to the type. Inside, a rounded mean counts the more,
    # the smaller the deviation is; epsilon is the limit.
    deviation = np.sqrt(reference.moments(x64, axes)[1] + 1e-3)
    inside = 1e-5 + 1e-7 * (abs(mean) + 10) / deviation.min()
    rounding = {"bfloat16": 1e-2, "float16": 1e-3}.get(dtype, 0) + inside
    slack = inside * np.abs(dy64).sum()
    np.testing.assert_allclose(
        tf.cast(y, "float64"), expected, rounding, rounding
    )
    for a, b, unit in (
        (dx, gradients[0], deviation),
        (tf.reshape(d_gamma, gamma.shape), gradients[1], 1.0),
        (tf.reshape(d_beta, gamma.shape), gradients[2], 1.0),
    ):
        a = tf.cast(a, "float64") * unit
        np.testing.assert_allclose(
            a, b * unit, rounding, slack + 0.1 * rounding
        )


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_small_deviation_from_a_large_mean(jit):
    rng = np.random.default_rng(0)
    x = rng.normal(1000, 0.1, (8, 4096)).astype("float32")
    layer = LayerNormalization()
    layer.build(x.shape)
    run = tf.function(lambda x: layer(x), jit_compile=jit, autograph=False)
    expected = reference.normalize(x, (1,), 1e-3, 1.0, 0.0)
    np.testing.assert_allclose(run(x), expected, 0, 5e-3)


def test_float16_does_not_overflow():
    x = np.array([[6e4, -6e4, 3e4]], "float16")
    y = LayerNormalization(dtype="float16")(x)
    expected = reference.normalize(x, (1,), 1e-3, 1.0, 0.0)
    np.testing.assert_allclose(y, expected, 2e-3)


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_building_does_not_change_the_axis(axis):
    layer = LayerNormalization(axis)
    before = layer.get_config()
    layer.build((2, 3, 4, 5))
    assert layer.get_config() == before


def test_unknown_size_is_refused():
    with pytest.raises(ValueError, match="must be known"):
        LayerNormalization(axis=1).build((None, None, 3))


def test_axis_out_of_range_is_refused():
    with pytest.raises(ValueError, match="out of range"):
        LayerNormalization(axis=3).build((None, 2, 3))
