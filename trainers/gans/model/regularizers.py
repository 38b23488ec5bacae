"""Penalties of the discriminator's gradient, by name, for any loss."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


class Regularizer(NamedTuple):
    """What is asked of the gradient of D(x) with respect to x, and where.

    Attributes:
        examples: `(real, fake, share)` -> the x; `share` is `(batch,)`.
        penalty: squared lengths of the gradients, `(batch,)` -> as many
            penalties.
        formula: for documents; g is the gradient.
        place: where the x are, for documents.
        papers: authors and year -> place on arXiv.
    """

    examples: Callable
    penalty: Callable
    formula: str
    place: str
    papers: dict[str, str]


class Penalty(NamedTuple):
    """A regularizer with a weight, in every update or in some of them.

    Attributes:
        name: in `REGULARIZERS`.
        weight: of the penalty.
        every: the first of so many updates of the discriminator has the
            penalty, `every` times as large, so that the mean over the updates
            stays ("lazy regularization").

    Reference, for that: [Karras et al., 2020](https://arxiv.org/abs/1912.04958).
    """

    name: str
    weight: float
    every: int = 1

    def __call__(self, critic, real, fake, share, update):
        """Returns the weighted mean of the penalties, or 0 between them.

        Args:
            critic: examples -> logits `(batch, 1)`. It must treat each example
                alone, which batch norm does not.
            real: examples.
            fake: as many.
            share: `(batch,)`, how much of each x between them is real.
            update: integer tensor, how many updates came before.
        """

        def weighted():
            regularizer = REGULARIZERS[self.name]
            squares = _squared_slopes(
                critic, regularizer.examples(real, fake, share)
            )
            mean = tf.reduce_mean(regularizer.penalty(squares))
            return self.weight * self.every * mean

        if self.every == 1:
            return weighted()
        due = tf.equal(update % self.every, 0)
        return tf.cond(due, weighted, lambda: tf.zeros([], real.dtype))


def _squared_slopes(critic, x):
    """Returns |d critic(x) / d x|^2 of each example."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = critic(x)
    slopes = tf.cast(tape.gradient(logits, x), logits.dtype)
    return tf.reduce_sum(tf.square(slopes), range(1, len(x.shape)))


def _between(real, fake, share):
    share = tf.reshape(share, [-1, *[1] * (len(real.shape) - 1)])
    return fake + share * (real - fake)


def _half(squares):
    return squares / 2


def _distance_to_one(squares):
    # The root of 0 has no gradient, and a critic can be flat at first.
    return tf.square(tf.sqrt(squares + 1e-12) - 1)


_MESCHEDER = {"Mescheder et al., 2018": "1801.04406"}

REGULARIZERS = {
    "r1": Regularizer(
        lambda real, fake, share: real,
        _half,
        "‖g‖² / 2",
        "real examples",
        _MESCHEDER,
    ),
    "r2": Regularizer(
        lambda real, fake, share: fake,
        _half,
        "‖g‖² / 2",
        "generated examples",
        _MESCHEDER,
    ),
    "gradient_penalty": Regularizer(
        _between,
        _distance_to_one,
        "(‖g‖ - 1)²",
        "random points between a real and a generated example",
        {"Gulrajani et al., 2017": "1704.00028"},
    ),
}
