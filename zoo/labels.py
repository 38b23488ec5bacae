"""Classes as a second input of a GAN's networks."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ..layers import ClassCondition, Conditional
from .gan_layers import check_sizes

#: Where a generator is told the class: by the scale and shift of each norm, or
#: by inputs beside the noise.
CONDITIONS = ("norm", "input")
#: How a discriminator judges the class: by what it adds to the logits, or by an
#: auxiliary classifier.
JUDGMENTS = ("projection", "auxiliary")


class Labels(NamedTuple):
    """The classes that a network is given.

    Attributes:
        symbol: the input, symbolic integers `(batch,)`.
        classes: how many there are.
    """

    symbol: keras.KerasTensor
    classes: int

    def condition(self, norm):
        """Returns a function of x: a norm with a scale and shift per class.

        Args:
            norm: a new layer; what is made of it has its name.
        """
        source = ClassCondition(self.classes)
        layer = Conditional(norm, source, name=norm.name)
        return lambda x: layer(x, condition=self.symbol)

    def judge(self, hidden, features, logits, condition):
        """Returns what a discriminator makes of examples and their classes.

        For `"projection"` that is logits

            logits + <e_y, features>

        with an embedding e_y of each class. It is the column of a Dense kernel,
        so that the weight norm is that of the other layers. For `"auxiliary"`
        it is two columns: the logits, and log p(y | features) by a Dense layer
        and a softmax.

        Args:
            hidden: the `Hidden` that makes the kernel.
            features: symbolic, `(batch, features)`: what the logits are of.
            logits: symbolic, `(batch, 1)`.
            condition: one of `JUDGMENTS`.

        References: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637),
        [Odena et al., 2017](https://arxiv.org/abs/1610.09585).
        """
        if condition == "projection":
            products = self._scores(hidden, "projection", use_bias=False)
            own = self._own(products(features))
            add = keras.layers.Add(name="conditional_logits", dtype="float32")
            return add([logits, own])
        scores = self._scores(hidden, "classes")
        log_softmax = keras.layers.Activation(
            "log_softmax", name="log_probabilities", dtype="float32"
        )
        own = self._own(log_softmax(scores(features)))
        join = keras.layers.Concatenate(
            name="logits_and_class", dtype="float32"
        )
        return join([logits, own])

    def _scores(self, hidden, name, **options):
        """Returns a layer with an output for each class."""
        dense = keras.layers.Dense
        options = {"units": self.classes, "dtype": "float32", **options}
        return hidden.linear(dense, name, last=True, **options)

    def _own(self, scores):
        """Returns the scores of the examples' own classes."""
        of_class = OfClass(name="of_class", dtype="float32")
        return of_class(scores, labels=self.symbol)


def labels_of(classes):
    """Returns the `Labels` of a new input, or None if there are no classes.

    Args:
        classes: how many; 0: none.

    Raises:
        ValueError: `classes` is negative.
    """
    if classes == 0:
        return None
    check_sizes(classes=classes)
    return Labels(keras.Input((), dtype="int32", name="labels"), classes)


def told(
    noise: keras.KerasTensor, labels: Labels | None, condition: str
) -> tuple[keras.KerasTensor, Labels | None]:
    """Returns what a generator's first layer sees, and its norms' `Labels`.

    Args:
        noise: symbolic, `(batch, latent_dim)`.
        labels: a `Labels`, or None if there are no classes.
        condition: one of `CONDITIONS`. For `"input"`, the class, one-hot, comes
            behind the noise, and the norms hear nothing of it.

    Raises:
        ValueError: it is none of them.

    Reference: [Mirza and Osindero, 2014](https://arxiv.org/abs/1411.1784).
    """
    _check(condition, CONDITIONS)
    if labels is None or condition == "norm":
        return noise, labels
    one_hot = keras.layers.CategoryEncoding(
        labels.classes, output_mode="one_hot", name="one_hot"
    )
    join = keras.layers.Concatenate(name="noise_and_class")
    return join([noise, one_hot(labels.symbol)]), None


def discriminator(hidden, inputs, features, logits, classes, condition, name):
    """Returns the model of a discriminator, which judges classes if any.

    Args:
        hidden, features, logits: as of `Labels.judge`.
        inputs: the symbolic examples.
        classes: how many it is told; 0: none.
        condition: one of `JUDGMENTS`.
        name: of the model.

    Raises:
        ValueError: `classes` is negative, or the condition is unknown.
    """
    _check(condition, JUDGMENTS)
    labels = labels_of(classes)
    if labels is not None:
        logits = labels.judge(hidden, features, logits, condition)
    return keras.Model(inputs_with(inputs, labels), logits, name=name)


def _check(condition, known):
    if condition not in known:
        raise ValueError(
            f"condition must be one of {', '.join(known)}. Received: "
            f"{condition!r}."
        )


def inputs_with(inputs, labels):
    """Returns the inputs of a model, its `Labels` among them unless None."""
    return inputs if labels is None else [inputs, labels.symbol]


@keras.saving.register_keras_serializable(package="normzoo")
class OfClass(keras.layers.Layer):
    """Picks from the scores of all classes that of each example's class.

    Args:
        **kwargs: arguments of `keras.layers.Layer`, e.g. `name` and `dtype`.

    Call arguments:
        scores: `(batch, classes)`.
        labels: integers `(batch,)`. One out of range is an error on CPUs.

    Returns:
        The scores, `(batch, 1)`.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.labels import OfClass
    >>> scores = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> OfClass()(scores, labels=np.array([1, 0])).numpy().tolist()
    [[2.0], [3.0]]
    """

    def call(self, scores, labels):
        """Returns the scores of the examples' classes."""
        labels = tf.cast(labels, tf.int32)
        return tf.gather(scores, labels[:, tf.newaxis], axis=1, batch_dims=1)

    def compute_output_shape(self, scores_shape, labels_shape=None):
        """Returns `(batch, 1)`."""
        del labels_shape
        return scores_shape[0], 1
