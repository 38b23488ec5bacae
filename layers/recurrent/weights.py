"""The weights of a recurrent layer, as they are in one call."""

from typing import NamedTuple

import tensorflow as tf


class Affine(NamedTuple):
    """What a site is multiplied by, and what is added; None is nothing."""

    gamma: tf.Tensor
    beta: tf.Tensor | None = None


class Weights(NamedTuple):
    """The weights of a call.

    Attributes:
        kernel: of the inputs, a variable: it is cast where it multiplies.
        recurrent_kernel: of the state h, likewise.
        affine: site -> `Affine`, of the sites that are normalized.
        shifts: vectors to be added to the normalized products of the inputs.
        bias: to be added to the normalized product of h, or None.
    """

    kernel: object
    recurrent_kernel: object
    affine: dict
    shifts: tuple = ()
    bias: tf.Tensor | None = None

    @classmethod
    def of_cell(cls, cell, dtype):
        """Returns the weights of a cell; all but the kernels in `dtype`."""
        betas = cell.betas
        affine = {
            site: Affine(
                tf.cast(gamma, dtype),
                tf.cast(betas[site], dtype) if site in betas else None,
            )
            for site, gamma in cell.gammas.items()
        }
        bias, recurrent_bias = _biases(cell, dtype)
        shifts = () if bias is None else (bias,)
        kernels = cell.kernel, cell.recurrent_kernel
        return cls(*kernels, affine, shifts, recurrent_bias)

    def add_in_front(self):
        """Returns weights with the recurrent beta among the `shifts`.

        What is added to both products is added once, in front of the loop.
        """
        gamma, beta = self.affine.get("recurrent", (None, None))
        if beta is None:
            return self
        return self._replace(
            affine={**self.affine, "recurrent": Affine(gamma)},
            shifts=(*self.shifts, beta),
        )


def _biases(cell, dtype):
    """Returns the biases of the input's and the recurrent products."""
    if not cell.use_bias:
        return None, None
    bias = tf.cast(cell.bias, dtype)
    # The GRU has two, because its reset gate is between them.
    return tf.unstack(bias) if len(bias.shape) == 2 else (bias, None)
