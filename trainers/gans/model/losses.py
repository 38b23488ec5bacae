"""What the two networks of a GAN minimize, by name."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ...common.errors import InputError


class Loss(NamedTuple):
    """A GAN's game, from logits `(batch, 1)` in float32.

    Attributes:
        discriminator: `(real, fake)` -> its loss, a scalar.
        generator: `fake` -> its loss, a scalar.
        score: logits -> what is logged as D(x): the probability of being real
            where the logits stand for one, else the logits.
        penalized: whether the gradient penalty belongs to the loss.
        labeled: whether the discriminator's loss has labels, and takes
            `smoothing`.
    """

    discriminator: Callable
    generator: Callable
    score: Callable
    penalized: bool = False
    labeled: bool = False


def get(name, label_smoothing=0.0):
    """Returns the `Loss` of a name in `LOSSES`.

    With r and f the logits of real and made examples, s the label smoothing
    (one-sided: only the real examples' label is 1 - s), and means over the
    batch:

        non_saturating   D: (1-s) softplus(-r) + s softplus(r) + softplus(f)
                         G: softplus(-f)
        hinge            D: relu(1 - r) + relu(1 + f)         G: -f
        least_squares    D: (r - (1-s))^2 / 2 + f^2 / 2       G: (f - 1)^2 / 2
        wasserstein      D: f - r + penalty                   G: -f

    Args:
        name: of the loss.
        label_smoothing: s, in [0, 0.5).

    Raises:
        InputError: unknown name; smoothing out of range, or of a loss that has
            no labels.

    References: [Goodfellow et al., 2014](https://arxiv.org/abs/1406.2661),
    [Lim and Ye, 2017](https://arxiv.org/abs/1705.02894),
    [Mao et al., 2017](https://arxiv.org/abs/1611.04076),
    [Gulrajani et al., 2017](https://arxiv.org/abs/1704.00028),
    [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).
    """
    if name not in LOSSES:
        raise InputError(
            f"Unknown loss. Received: {name!r}. Expected one of: "
            f"{', '.join(LOSSES)}."
        )
    loss = LOSSES[name]
    if not 0 <= label_smoothing < 0.5:
        raise InputError(
            f"label_smoothing must be in [0, 0.5). Received: {label_smoothing}."
        )
    if label_smoothing and not loss.labeled:
        labeled = (name for name, loss in LOSSES.items() if loss.labeled)
        raise InputError(
            f"The loss {name!r} has no labels to smooth. Received: "
            f"label_smoothing={label_smoothing}. Set it to 0, or use one of: "
            f"{', '.join(labeled)}."
        )
    if not label_smoothing:
        return loss
    return loss._replace(
        discriminator=functools.partial(
            loss.discriminator, smoothing=label_smoothing
        )
    )


def gradient_penalty(critic, real, fake, share):
    """Returns mean((|d critic(x) / d x| - 1)^2) between real and made.

    Args:
        critic: examples -> logits `(batch, 1)`. It must treat each example
            alone, which batch norm does not.
        real: examples.
        fake: as many.
        share: `(batch,)`, how much of each x is real.
    """
    share = tf.reshape(share, [-1, *[1] * (len(real.shape) - 1)])
    x = fake + share * (real - fake)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = critic(x)
    slopes = tf.cast(tape.gradient(logits, x), logits.dtype)
    axes = list(range(1, len(x.shape)))
    # The root of 0 has no gradient, and a critic can be flat at first.
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axes) + 1e-12)
    return tf.reduce_mean(tf.square(norms - 1))


def _cross_entropy(real, fake, smoothing=0.0):
    of_real = (1 - smoothing) * tf.nn.softplus(-real)
    of_real += smoothing * tf.nn.softplus(real)
    return tf.reduce_mean(of_real) + tf.reduce_mean(tf.nn.softplus(fake))


def _margins(real, fake):
    return tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(
        tf.nn.relu(1 + fake)
    )


def _squares(real, fake, smoothing=0.0):
    of_real = tf.reduce_mean(tf.square(real - (1 - smoothing)))
    return (of_real + tf.reduce_mean(tf.square(fake))) / 2


def _difference(real, fake):
    return tf.reduce_mean(fake) - tf.reduce_mean(real)


def _minus_mean(fake):
    return -tf.reduce_mean(fake)


LOSSES = {
    "non_saturating": Loss(
        _cross_entropy,
        lambda fake: tf.reduce_mean(tf.nn.softplus(-fake)),
        tf.sigmoid,
        labeled=True,
    ),
    "hinge": Loss(_margins, _minus_mean, tf.identity),
    "least_squares": Loss(
        _squares,
        lambda fake: tf.reduce_mean(tf.square(fake - 1)) / 2,
        tf.identity,
        labeled=True,
    ),
    "wasserstein": Loss(_difference, _minus_mean, tf.identity, penalized=True),
}
