"""Penalties of gradients against NumPy in float64, values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.configs import gan_default
from normzoo.trainers.gans.model.regularizers import REGULARIZERS, Penalty

ROWS, SIZE, UNITS = 4, 3, 5
RNG = np.random.default_rng(0)


def slopes(weights, x):
    """Returns d critic / d x of each example, in NumPy."""
    first, second = weights
    inner = 1 - np.tanh(x @ first) ** 2
    return (inner * second[:, 0]) @ first.T


def critic(weights, x):
    first, second = weights
    return tf.tanh(x @ first) @ second


def reference(name, weights, real, fake, share):
    """Returns the mean of a penalty, as its paper writes it."""
    share = share[:, None]
    if name == "r1":
        return np.mean(np.sum(slopes(weights, real) ** 2, 1)) / 2
    if name == "r2":
        return np.mean(np.sum(slopes(weights, fake) ** 2, 1)) / 2
    between = share * real + (1 - share) * fake
    lengths = np.linalg.norm(slopes(weights, between), axis=1)
    return np.mean((lengths - 1) ** 2)


def by_differences(function, weights, step=1e-6):
    """Returns the gradients of a function of weights, by finite differences."""
    gradients = []
    for weight in weights:
        gradient = np.zeros_like(weight)
        for place in np.ndindex(weight.shape):
            kept, ends = weight[place], []
            for sign in (1, -1):
                weight[place] = kept + sign * step
                ends.append(function(weights))
            weight[place] = kept
            gradient[place] = (ends[0] - ends[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


def compiled(penalty, weights, jit_compile):
    """Returns a function of the update: the penalty and its gradients."""

    @tf.function(jit_compile=jit_compile)
    def function(real, fake, share, update):
        with tf.GradientTape() as tape:
            value = penalty(
                lambda x: critic(weights, x), real, fake, share, update
            )
        zero = tf.UnconnectedGradients.ZERO
        return value, *tape.gradient(value, weights, unconnected_gradients=zero)

    return function


@pytest.mark.quick("r1-graph", "gradient_penalty-XLA")
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_values_and_gradients_in_one_of_three_updates(name, jit_compile):
    arrays = [RNG.normal(size=s) for s in ((SIZE, UNITS), (UNITS, 1))]
    real, fake = RNG.normal(size=(2, ROWS, SIZE))
    share = RNG.random(ROWS)
    weights = [tf.Variable(array) for array in arrays]
    function = compiled(Penalty(name, 0.5, every=3), weights, jit_compile)
    found = [function(real, fake, share, tf.constant(i)) for i in range(4)]

    def expected(values):
        # Half the weight, thrice in one of three updates.
        return 1.5 * reference(name, values, real, fake, share)

    for update in (0, 3):
        value, *gradients = found[update]
        np.testing.assert_allclose(value, expected(arrays), 1e-9)
        for ours, theirs in zip(
            gradients, by_differences(expected, arrays), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, 1e-6, 1e-8)
    for update in (1, 2):
        assert all(not np.any(value) for value in found[update])


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_flat_critic_has_a_finite_gradient(name):
    weight = tf.Variable(np.zeros((3, 1)))
    x, share = tf.ones((2, 3), tf.float64), np.ones(2)
    with tf.GradientTape() as tape:
        penalty = Penalty(name, 1.0)(lambda x: x @ weight, x, x, share, 0)
    assert np.isfinite(tape.gradient(penalty, weight)).all()


def test_half_precision_keeps_the_penalty():
    values = []
    examples = RNG.normal(size=(2, 64, 2)).astype("float32")
    real, fake = map(tf.constant, examples)
    share = RNG.random(64).astype("float32")
    for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        try:
            network = zoo.toy_discriminator(base_width=16, norm="layer")
        finally:
            keras.config.set_dtype_policy("float32")
        values.append(
            [
                Penalty(name, 1.0)(network, real, fake, share, 0)
                for name in REGULARIZERS
            ]
        )
        assert {value.dtype for value in values[-1]} == {tf.float32}
    exact, bfloat16, float16 = values
    np.testing.assert_allclose(bfloat16, exact, 0.1)
    np.testing.assert_allclose(float16, exact, 0.01)


def test_the_config_has_a_part_for_each():
    assert set(gan_default.get_config().regularizers) == set(REGULARIZERS)
