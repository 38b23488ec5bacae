"""The recurrent layers for any shape and value, and in `fit`."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from normzoo import layers
from normzoo.layers.numerics import batch_scores
from normzoo.layers.numerics.batch_scores import BatchScores
from normzoo.layers.numerics.feature_scores import FeatureScores

from . import reference

KINDS = ["LSTM", "GRU", "SimpleRNN"]
AXES = {"BatchNorm": 0, "LayerNorm": 1}

few = settings(max_examples=15, deadline=None)


def affine(layer):
    """Returns site -> gamma and beta."""
    betas = layer.cell.betas
    return {
        site: (gamma.numpy(), betas[site].numpy() if site in betas else 0.0)
        for site, gamma in layer.cell.gammas.items()
    }


@pytest.mark.slow
@few
@given(
    kind=st.sampled_from(KINDS),
    family=st.sampled_from(list(AXES)),
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    offset=st.sampled_from([0.0, 1e3]),
    seed=st.integers(0, 99),
)
def test_any_shape_value_and_mask(kind, family, sizes, scale, offset, seed):
    batch, steps, features, units = sizes
    rng = np.random.default_rng(seed)
    layer = getattr(layers, family + kind)(
        units,
        return_sequences=True,
        zero_output_for_mask=True,
        dtype="float64",
    )
    layer.build((None, steps, features))
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.5, 0.5, weight.shape))
    x = offset + scale * rng.normal(size=(batch, steps, features))
    mask = rng.random((batch, steps)) < 0.7
    norm = reference.Normalizer(AXES[family], affine(layer), layer.epsilon)
    cell = layer.cell
    weights = [cell.kernel, cell.recurrent_kernel, cell.bias]
    weights = [weight.numpy() for weight in weights]
    want = reference.run(kind, norm, x, mask, weights)
    y = layer(x, mask=mask, training=True)
    np.testing.assert_allclose(y, want, 0, 1e-8)


@few
@given(
    over_batch=st.booleans(),
    shape=st.sampled_from([(4, 3), (64, 2), (5, 1), (2, 6, 4), (3, 32, 5)]),
    seed=st.integers(0, 99),
    halves=st.booleans(),
)
def test_scores_and_their_gradients(over_batch, shape, seed, halves):
    rng = np.random.default_rng(seed)
    x, kernel = rng.normal(size=shape), rng.normal(size=(shape[-1], 6))
    gamma, shift, dy = rng.normal(size=6), rng.normal(size=6), None
    real = rng.random((*shape[:-1], 1)) < 0.8
    kind = BatchScores if over_batch else FeatureScores
    scores = kind(1e-3, "float64")
    inputs = [tf.constant(value) for value in (x, kernel, gamma, shift)]
    dy = rng.normal(size=(*shape[:-1], 6)) * real

    def plain(x, kernel, gamma, shift):
        y = tf.matmul(x, kernel)
        axis, weight = -1, tf.ones([], y.dtype)
        if over_batch:
            axis, weight = -2, tf.cast(real, y.dtype)
        count = tf.reduce_sum(weight * tf.ones_like(y), axis, keepdims=True)
        count = tf.maximum(count, 1)
        mean = tf.reduce_sum(weight * y, axis, keepdims=True) / count
        square = weight * (y - mean) ** 2
        variance = tf.reduce_sum(square, axis, keepdims=True) / count
        return gamma * (y - mean) / tf.sqrt(variance + 1e-3) + shift

    def ours(x, kernel, gamma, shift):
        y, _ = scores.centered_product(x, kernel, tf.constant(real))
        return scores.standardize(y, gamma, shift, tf.constant(real))[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_scores, "under_xla", lambda: halves)
        results = [_with_gradients(f, inputs, dy) for f in (ours, plain)]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, 0, 1e-9 * max(1, np.abs(b).max()))


def _with_gradients(function, inputs, dy):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
    return [y * (dy != 0), *tape.gradient(y, inputs, dy)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_replicas_have_equal_statistics_after_fit(kind, two_replicas):
    x = np.random.default_rng(0).normal(size=(12, 3, 2)).astype("float32")
    with two_replicas.scope():
        layer = getattr(layers, f"BatchNorm{kind}")(3, momentum=0.5)
        model = keras.Sequential([keras.Input((3, 2)), layer])
        model.compile("sgd", "mse")
    # Replicas have 3 examples each, and 2 in the last batch.
    data = tf.data.Dataset.from_tensor_slices(
        (x[:10], np.repeat(x[:10, 0, :1], 3, 1))
    )
    model.fit(data.batch(6), epochs=2, verbose=0)
    assert layer.statistics.moving_weight.numpy().min() > 0.5
    for weight in layer.statistics.weights:
        first, second = (v.numpy() for v in weight.value.values)
        np.testing.assert_array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "jit"), [("mixed_bfloat16", False), ("mixed_float16", True)]
)
def test_mixed_precision_is_near_float32(policy, jit):
    x = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
    results = []
    for dtype in ("float32", policy):
        keras.utils.set_random_seed(0)
        layer = layers.BatchNormLSTM(4, dtype=dtype, return_sequences=True)
        layer.build(x.shape)

        @tf.function(jit_compile=jit)
        def step(x, layer=layer):
            return tf.cast(layer(x, training=True), "float32")

        results.append(step(x))
        assert layer.statistics.means["input"].dtype == "float32"
    np.testing.assert_allclose(*results, 0, 0.05)


def test_stateful_layer_refuses_another_batch():
    layer = layers.LayerNormLSTM(3, stateful=True)
    layer(np.zeros((4, 2, 2), "float32"))
    with pytest.raises(ValueError, match="batch size"):
        layer(np.zeros((2, 2, 2), "float32"))
