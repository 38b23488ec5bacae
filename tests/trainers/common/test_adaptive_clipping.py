"""Gradients that are clipped by the weights of each unit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.configs import default
from normzoo.trainers.common.adaptive_clipping import CLIPPED, clipped
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.optimizers import build_optimizer

CLIPPING = 0.01
SHAPES = [(), (5,), (4, 3), (3, 4, 5), (3, 3, 4, 5), (2, 2, 2, 3, 4)]


def twin(gradient, weights, clipping=CLIPPING, least=1e-3):
    """The formula in NumPy, unit by unit."""
    g, w = (np.asarray(x, "float64") for x in (gradient, weights))
    units = g.shape[-1] if g.ndim > 1 else 1
    g, w = g.reshape(-1, units).copy(), w.reshape(-1, units)
    for unit in range(units):
        limit = clipping * max(np.linalg.norm(w[:, unit]), least)
        length = np.linalg.norm(g[:, unit])
        g[:, unit] *= min(1.0, limit / length) if length else 1.0
    return g.reshape(np.shape(gradient))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_each_unit_is_clipped_by_its_own_weights(shape):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=shape)
    # Some are within their limit, and some are not.
    gradient = rng.normal(size=shape) * 10.0 ** rng.integers(-4, 1, shape[-1:])
    actual = clipped(tf.constant(gradient), tf.constant(weights), CLIPPING)
    np.testing.assert_allclose(actual, twin(gradient, weights), 1e-10)


def test_zeros_and_what_is_not_finite():
    zeros = tf.zeros((3, 2))
    found = clipped(tf.ones((3, 2)), zeros, CLIPPING)
    np.testing.assert_allclose(tf.norm(found, axis=0), [1e-5] * 2, 1e-5)
    np.testing.assert_array_equal(clipped(zeros, zeros, CLIPPING), zeros)
    bad = tf.constant([[np.nan, 1.0], [1.0, np.inf]])
    assert not np.isfinite(clipped(bad, tf.ones((2, 2)), CLIPPING)).all()


def test_half_precision_does_not_underflow():
    gradient = tf.fill((100, 2), tf.constant(1e-4, tf.float16))
    weights = tf.fill((100, 2), tf.constant(1e-4, tf.float16))
    found = clipped(gradient, weights, 0.5)
    assert found.dtype == tf.float16
    np.testing.assert_allclose(found, np.full((100, 2), 5e-5), 1e-2)


def sparse_gradient(variable):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(variable.value, [0, 2]))
    return tape.gradient(loss, variable.value)


@pytest.mark.parametrize("optimizer", CLIPPED, ids=lambda cls: cls.__name__)
def test_an_optimizer_gets_the_clipped_gradient(optimizer):
    start = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    gradient = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    ours, theirs = keras.Variable(start), keras.Variable(start)
    CLIPPED[optimizer](0.1, clipping=CLIPPING).apply([gradient], [ours])
    optimizer(0.1).apply([twin(gradient, start).astype("float32")], [theirs])
    np.testing.assert_allclose(ours, theirs, 1e-5)
    assert not np.allclose(ours, start)


def test_a_sparse_gradient_is_clipped():
    variable = keras.Variable(np.ones((4, 3), "float32"))
    gradient = sparse_gradient(variable)
    assert isinstance(gradient, tf.IndexedSlices)
    CLIPPED[keras.optimizers.SGD](1.0, clipping=CLIPPING).apply(
        [gradient], [variable]
    )
    moved = np.linalg.norm(1 - variable.numpy(), axis=0)
    np.testing.assert_allclose(moved, [0.02] * 3, 1e-4)


def model(**options):
    layers = keras.layers
    built = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, name="hidden", kernel_initializer="ones"),
            layers.Dense(1, name="logits", kernel_initializer="ones"),
        ]
    )
    optimizer = CLIPPED[keras.optimizers.SGD](1.0, clipping=0.01, **options)
    built.compile(optimizer, "mse", jit_compile=False)
    return built


def step(model):
    model.fit(np.ones((4, 3)), np.full((4, 1), 100.0), verbose=0, batch_size=4)
    return [
        np.abs(model.get_layer(name).kernel - 1).max()
        for name in ("hidden", "logits")
    ]


def test_layers_can_be_left_out():
    hidden, logits = step(model(exclude=["logits"]))
    assert hidden < 0.011
    assert logits > 1
    assert max(step(model())) < 0.011


@pytest.mark.slow
def test_replicas_clip_the_sum_of_their_gradients(two_replicas):
    with two_replicas.scope():
        several = model(exclude=["logits"])
    alone = model(exclude=["logits"])
    np.testing.assert_allclose(step(several), step(alone), 1e-5)


def test_a_saved_model_goes_on(tmp_path):
    first = model(exclude=["logits"])
    first.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is CLIPPED[keras.optimizers.SGD]
    np.testing.assert_array_equal(step(loaded), step(first))


@pytest.mark.keras((3, 13))  # older ones do not know "muon" by name
def test_a_config_has_it(config):
    config.optimizer = default.get_config().optimizer
    assert type(build_optimizer(config, 10)) is keras.optimizers.Adam
    config.optimizer.adaptive_clipping = 0.02
    found = build_optimizer(config, 10)
    assert type(found) is CLIPPED[keras.optimizers.Adam]
    assert (found.clipping, found.exclude) == (0.02, ("logits",))
    config.optimizer.name = "muon"
    with pytest.raises(InputError, match=r"no adaptive clipping.*Adam"):
        build_optimizer(config, 10)
