"""The losses against NumPy in float64, values and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.gans.model import losses


def softplus(x):
    return np.logaddexp(0, x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(name, r, f, s):
    """Returns both losses and d(D loss)/dr, d(D loss)/df, d(G loss)/df.

    And the like of the generator's loss and r, where it depends on it.
    """
    n = r.size
    if name == "non_saturating":
        of_real = (1 - s) * softplus(-r) + s * softplus(r)
        return (
            of_real.mean() + softplus(f).mean(),
            softplus(-f).mean(),
            (sigmoid(r) - (1 - s)) / n,
            sigmoid(f) / n,
            -sigmoid(-f) / n,
        )
    if name == "hinge":
        return (
            np.maximum(1 - r, 0).mean() + np.maximum(1 + f, 0).mean(),
            -f.mean(),
            -1.0 * (r < 1) / n,
            (f > -1) / n,
            -np.ones_like(f) / n,
        )
    if name == "least_squares":
        return (
            ((r - (1 - s)) ** 2).mean() / 2 + (f**2).mean() / 2,
            ((f - 1) ** 2).mean() / 2,
            (r - (1 - s)) / n,
            f / n,
            (f - 1) / n,
        )
    if name == "relativistic":
        return (
            softplus(f - r).mean(),
            softplus(r - f).mean(),
            -sigmoid(f - r) / n,
            sigmoid(f - r) / n,
            -sigmoid(r - f) / n,
            sigmoid(r - f) / n,
        )
    ones = np.ones_like(r) / n
    return f.mean() - r.mean(), -f.mean(), -ones, ones, -ones


CASES = [(name, 0.0) for name in losses.LOSSES]
CASES += [("non_saturating", 0.1), ("least_squares", 0.3)]


@pytest.mark.parametrize(("name", "smoothing"), CASES)
@pytest.mark.parametrize("size", [1.0, 80.0])
def test_values_and_gradients(name, smoothing, size):
    rng = np.random.default_rng(1)
    r, f = (size * rng.normal(size=(6, 1)) for _ in range(2))
    loss = losses.get(name, smoothing)
    real, fake = (tf.constant(x, tf.float32) for x in (r, f))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        of_d = loss.discriminator(real, fake)
        seen = [real, fake] if loss.paired else [fake]
        of_g = loss.generator(*seen)
    computed = (
        of_d,
        of_g,
        *tape.gradient(of_d, [real, fake]),
        *tape.gradient(of_g, seen[::-1]),
    )
    for ours, expected in zip(
        computed, reference(name, r, f, smoothing), strict=True
    ):
        np.testing.assert_allclose(ours, expected, 1e-5, 1e-7)


BAD = [
    (("minimax",), "'minimax'.*non_saturating, hinge"),
    (("hinge", 0.1), "no labels.*0.1"),
    (("least_squares", 0.7), r"\[0, 0.5\).*0.7"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_losses_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        losses.get(*arguments)
