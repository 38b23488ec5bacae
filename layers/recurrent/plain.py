"""The loop with moments of its own, and TensorFlow's gradient."""

import dataclasses

import tensorflow as tf

from .norms import OwnNorms
from .recurrence import Recurrence
from .time_loop import TimeLoop


@dataclasses.dataclass(frozen=True)
class Plain:
    """Runs a recurrence that normalizes each step by its own moments.

    The input's products of all steps are one product, in front of the loop.

    Attributes:
        recurrence: what is computed.
        source: where the moments come from, see `moments`.
    """

    recurrence: Recurrence
    source: object

    def run(self, x, real, states):
        """Returns h of all steps or None, the last states, and kept moments.

        Args:
            x: (time, batch, features).
            real: where there is no padding, (time, batch, 1), or None.
            states: a list of tensors, h first.
        """
        recurrence = self.recurrence
        weights = recurrence.weights
        if recurrence.kind.adds:
            weights = weights.add_in_front()
            recurrence = dataclasses.replace(recurrence, weights=weights)
        norms = OwnNorms(self.source, weights.affine, recurrence.epsilon)
        product = _product(recurrence, norms, "input")
        z, kept = product(x, {"real": real}, weights.shifts)
        product = _product(recurrence, norms, "recurrent")
        loop = TimeLoop(recurrence, norms, product)
        outputs, states, more = loop.run(z, real, states)
        return outputs, states, {**kept, **more}


def _product(recurrence, norms, site):
    """Returns a function that gives a product, normalized.

    It takes one factor, what is known of the step, and tensors to be added;
    and returns the moments that it keeps as well.
    """
    if _can_center(recurrence, norms, site):
        return _centered_product(recurrence, norms, site)
    project = recurrence.projection(site)

    def run(x, now, shifts=()):
        return norms(site, project(x), now, shifts)

    return run


def _can_center(recurrence, norms, site):
    """Returns whether one factor of a product is centered in its place."""
    masks, kernel = recurrence.dropout, recurrence.weights.kernel
    if site == "recurrent":
        masks = recurrence.recurrent_dropout
        kernel = recurrence.weights.recurrent_kernel
    return (
        site in norms.affine
        and masks is None
        and len(kernel.shape) == 2
        and norms.source.centers
        and not norms.source.synchronized
        # Features center the kernel, which is too much for each step.
        and (site == "input" or norms.source.keeps)
    )


def _centered_product(recurrence, norms, site):
    weights = recurrence.weights
    kernel = weights.kernel
    if site == "recurrent":
        kernel = weights.recurrent_kernel
    kernel = tf.cast(kernel, recurrence.dtype)
    scores = recurrence.scores(norms.source)
    gamma, beta = norms.affine[site]
    beta = tf.zeros_like(gamma) if beta is None else beta

    def run(x, now, shifts=()):
        x, real = tf.cast(x, recurrence.dtype), now.get("real")
        y, mean = scores.centered_product(x, kernel, real)
        shift = sum(shifts, beta)
        z, variance = scores.standardize(y, gamma, shift, real)
        if mean is None:
            return z, {}
        return z, {site: (scores.mean_of_product(mean, kernel), variance)}

    return run
