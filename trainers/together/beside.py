"""Values of several runs beside the stacked variables of these."""

import tensorflow as tf


def shape_beside(variable):
    """Returns the shape in which `(runs,)` values broadcast with a stack."""
    return [-1] + [1] * (len(variable.shape) - 1)


def beside(values, variable):
    """Returns values of the runs, `(runs,)`, to be multiplied with a stack."""
    return tf.reshape(tf.cast(values, variable.dtype), shape_beside(variable))
