"""Batch norm with statistics of each part of a batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers
from normzoo.layers import BatchNormalization, SplitBatchNormalization

RNG = np.random.default_rng(0)
SHAPE = (6, 4, 3)


def learned(norm):
    weights = norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance
    return [weight.numpy() for weight in weights]


def step(norm, x, dy, mask=None):
    """Returns the outputs and the gradient to the inputs."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = norm(x, training=True, mask=mask)
    return [y, tape.gradient(y, x, dy)]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("splits", [2, 3])
def test_each_part_has_a_norm_of_its_own(splits, masked):
    x, dy = RNG.normal(2, 3, (2, *SHAPE)).astype("float32")
    mask = RNG.random(SHAPE[:-1]) < 0.7 if masked else None
    layer = SplitBatchNormalization(splits=splits, momentum=0.5)
    singles = [BatchNormalization(momentum=0.5) for _ in range(splits)]
    layer.build(SHAPE)
    for i, (norm, single) in enumerate(
        zip([layer, *layer.others], singles, strict=True)
    ):
        single.build(SHAPE)
        for one in (norm, single):
            one.gamma.assign([1 + i, 2 + i, 3 + i])
    parts = [np.split(v, splits) for v in (x, dy)]
    masks = np.split(mask, splits) if masked else [None] * splits
    expected = [
        step(*given) for given in zip(singles, *parts, masks, strict=True)
    ]
    actual = step(layer, x, dy, mask)
    for a, b in zip(actual, zip(*expected, strict=True), strict=True):
        np.testing.assert_allclose(a, np.concatenate(b), 1e-5, 1e-5)
    for norm, single in zip([layer, *layer.others], singles, strict=True):
        for a, b in zip(learned(norm), learned(single), strict=True):
            np.testing.assert_allclose(a, b, 1e-6)
    np.testing.assert_allclose(layer(x), singles[0](x), 1e-6)


def test_options_are_those_of_all_norms():
    layer = SplitBatchNormalization(
        momentum=layers.MomentumWarmUp(0.9), scale=False, epsilon=0.1
    )
    layer.build(SHAPE)
    for norm in (layer, *layer.others):
        assert norm.gamma is None
        assert (norm.epsilon, norm.momentum.momentum) == (0.1, 0.9)
        assert norm.updates is not None
    layer.trainable = False
    x = RNG.normal(size=(5, 4, 3)).astype("float32")  # which 2 does not divide
    np.testing.assert_allclose(layer(x, training=True), layer(x))


def test_a_model_of_replaced_norms_trains_in_parts(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, name="dense"),
            keras.layers.BatchNormalization(momentum=0.5, name="norm"),
            keras.layers.Dense(1),
        ]
    )
    model = layers.replace_norms(model, SplitBatchNormalization).model
    norm = model.get_layer("norm")
    assert norm.momentum == 0.5
    model.compile("sgd", "mse")
    clean = RNG.normal(size=(8, 3)).astype("float32")
    x = np.concatenate([clean, clean + 10])
    model.fit(x, x[:, :1], batch_size=16, shuffle=False, verbose=0)
    first, second = norm.moving_mean.numpy(), norm.others[0].moving_mean.numpy()
    assert np.abs(second - first).max() > 1
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    np.testing.assert_array_equal(
        loaded.get_layer("norm").others[0].moving_mean, second
    )
    # What it is tested on is like the first part.
    layers.reestimate_statistics(model, clean, verbose=0)
    seen = model.get_layer("dense")(clean).numpy()
    np.testing.assert_allclose(norm.moving_mean, seen.mean(0), 1e-5, 1e-5)
    np.testing.assert_array_equal(norm.others[0].moving_mean, second)
    plain = layers.replace_norms(model, "none")
    assert list(plain.replaced) == ["norm"]
    folded = layers.fold_batch_norm(model)
    assert folded.left == {}
    np.testing.assert_allclose(folded.model(x), model(x), 1e-4, 1e-5)


def test_a_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(ValueError, match=r"into 2 parts.*of 5 examples"):
        SplitBatchNormalization()(np.ones((5, 3)), training=True)
