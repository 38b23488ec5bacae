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
        generator: `fake` -> its loss, a scalar; `(real, fake)` -> its loss,
            if `paired`.
        score: logits -> what is logged as D(x): the probability of being real
            where the logits stand for one, else the logits.
        formulas: of both losses, for documents: of the logits r of a real and f
            of a made example, and the label smoothing s.
        papers: authors and year -> place on arXiv.
        penalized: whether the gradient penalty belongs to the loss.
        labeled: whether the discriminator's loss has labels, and takes
            `smoothing`.
        paired: whether the generator's loss needs real examples, too.
    """

    discriminator: Callable
    generator: Callable
    score: Callable
    formulas: tuple[str, str]
    papers: dict[str, str]
    penalized: bool = False
    labeled: bool = False
    paired: bool = False


def get(name, label_smoothing=0.0):
    """Returns the `Loss` of a name in `LOSSES`, whose rows have the formulas.

    Args:
        name: of the loss.
        label_smoothing: s, in [0, 0.5). It is one-sided: only the label of real
            examples is 1 - s.

    Raises:
        InputError: unknown name; smoothing out of range, or of a loss that has
            no labels.

    Reference, for the smoothing:
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


def _softplus_of_gap(better, worse):
    """Compares each example with the one in its place in the other batch."""
    return tf.reduce_mean(tf.nn.softplus(worse - better))


LOSSES = {
    "non_saturating": Loss(
        _cross_entropy,
        lambda fake: tf.reduce_mean(tf.nn.softplus(-fake)),
        tf.sigmoid,
        (
            "(1 - s) softplus(-r) + s softplus(r) + softplus(f)",
            "softplus(-f)",
        ),
        {"Goodfellow et al., 2014": "1406.2661"},
        labeled=True,
    ),
    "hinge": Loss(
        _margins,
        _minus_mean,
        tf.identity,
        ("max(0, 1 - r) + max(0, 1 + f)", "-f"),
        {"Lim and Ye, 2017": "1705.02894"},
    ),
    "least_squares": Loss(
        _squares,
        lambda fake: tf.reduce_mean(tf.square(fake - 1)) / 2,
        tf.identity,
        ("(r - (1 - s))² / 2 + f² / 2", "(f - 1)² / 2"),
        {"Mao et al., 2017": "1611.04076"},
        labeled=True,
    ),
    "wasserstein": Loss(
        _difference,
        _minus_mean,
        tf.identity,
        ("f - r", "-f"),
        {
            "Arjovsky et al., 2017": "1701.07875",
            "Gulrajani et al., 2017": "1704.00028",
        },
        penalized=True,
    ),
    "relativistic": Loss(
        _softplus_of_gap,
        lambda real, fake: _softplus_of_gap(fake, real),
        tf.identity,
        ("softplus(-(r - f))", "softplus(-(f - r))"),
        {
            "Jolicoeur-Martineau, 2019": "1807.00734",
            "Huang et al., 2024": "2501.05441",
        },
        paired=True,
    ),
}
