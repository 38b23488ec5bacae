"""Whether what a generator makes of some noise depends on its batch mates."""

import numpy as np

from ....layers.numerics.restoring import restored
from ...data import nested


def batch_dependence(generator, inputs, mates):
    """Returns how far G(z) moves when the rest of its batch changes.

    The root mean square difference of the values of G(z) for the same z in two
    batches of equal size: 0 where an example's output is its own affair, and
    above 0 with batch norm in training mode. The generator's statistics stay as
    they are.

    Args:
        generator: a built Keras model.
        inputs: the z, `(examples, latent_dim)`, or a list of these and their
            classes.
        mates: two sets of other inputs, of equal shape, one per batch.

    Returns:
        A dict with `batch_dependence_training` and
        `batch_dependence_inference`.

    Example:

    >>> import numpy as np
    >>> from normzoo import zoo
    >>> from normzoo.trainers.gans.metrics.dependence import batch_dependence
    >>> z = np.random.default_rng(0).normal(size=(3, 8, 2)).astype("float32")
    >>> of = {
    ...     norm: batch_dependence(zoo.toy_generator(norm=norm), z[0], z[1:])
    ...     for norm in ("batch", "layer")
    ... }
    >>> of["layer"]["batch_dependence_training"]
    0.0
    >>> of["batch"]["batch_dependence_training"] > 0
    True
    >>> of["batch"]["batch_dependence_inference"]
    0.0
    """
    moved = {}
    for mode, training in (("training", True), ("inference", False)):
        with restored(generator.non_trainable_variables):
            first, second = (
                generator(_joined(inputs, others), training=training)
                for others in mates
            )
        # In float64: squares of small differences vanish in float32.
        apart = np.asarray(first, "float64") - np.asarray(second, "float64")
        own = apart[: nested.count_of(inputs)]
        moved[f"batch_dependence_{mode}"] = float(np.sqrt(np.mean(own**2)))
    return moved


def _joined(*inputs):
    return nested.each(lambda *arrays: np.concatenate(arrays), *inputs)
