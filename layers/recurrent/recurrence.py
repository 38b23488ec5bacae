"""What a recurrent layer computes in one call, whatever its loop."""

import dataclasses

import tensorflow as tf

from .cells import Kind
from .weights import Weights
from .zoneout import Zoneout


@dataclasses.dataclass(frozen=True)
class Recurrence:
    """A recurrent network with its weights, for one call.

    Attributes:
        kind: of the layer.
        cell: of the layer; only its activations are read.
        weights: of this call.
        epsilon: added to the variances.
        dropout: masks of the inputs for all gates or a list of one for each,
            or None.
        recurrent_dropout: likewise of the states.
        zoneout: of the states, a `Zoneout` or None.
        dtype: of all but the products.
        product_dtype: of the products.
        unroll: whether to write out the loop.
        return_sequences: whether h of all steps is wanted.
        recomputes: whether to save memory by `Recomputed`.
    """

    kind: Kind
    cell: object
    weights: Weights
    epsilon: float
    dropout: object
    recurrent_dropout: object
    zoneout: Zoneout | None
    dtype: tf.DType
    product_dtype: object
    unroll: bool
    return_sequences: bool
    recomputes: bool = False

    def scores(self, source):
        """Returns what standardizes over the axis of a source of moments."""
        return source.scores(self.epsilon, self.product_dtype)

    def projection(self, site):
        """Returns a function that multiplies by a kernel, after dropout."""
        weights = self.weights
        kernel, masks = weights.kernel, self.dropout
        if site == "recurrent":
            kernel, masks = weights.recurrent_kernel, self.recurrent_dropout
        narrow, wide = self.product_dtype, self.dtype
        kernel = tf.cast(kernel, narrow)
        return lambda x: tf.cast(
            _project(tf.cast(x, narrow), kernel, masks), wide
        )


def multiply(x, kernel):
    """Returns a product; one with a vector has a weight for each unit."""
    return x * kernel if len(kernel.shape) == 1 else tf.matmul(x, kernel)


def _project(x, kernel, masks):
    if masks is None:
        return multiply(x, kernel)
    if not isinstance(masks, list):
        return multiply(x * tf.cast(masks, x.dtype), kernel)
    kernels = tf.split(kernel, len(masks), -1)
    pairs = zip(masks, kernels, strict=True)
    return tf.concat([_project(x, k, mask) for mask, k in pairs], -1)
