"""Variables that get their values back."""

import contextlib

import tensorflow as tf


def remember(variables):
    """Returns variables and their values, for `restore`.

    Args:
        variables: Keras' or TensorFlow's.
    """
    return [(v, tf.identity(tf.convert_to_tensor(v))) for v in variables]


def restore(remembered, unless=None):
    """Gives variables their values back.

    Args:
        remembered: what `remember` returned.
        unless: a boolean tensor; where it is true they stay as they are.
    """
    for variable, value in remembered:
        if unless is not None:
            value = tf.where(unless, tf.convert_to_tensor(variable), value)
        variable.assign(value)


@contextlib.contextmanager
def restored(variables, only_on_error=False):
    """Gives variables their values back after a block of code.

    It works in eager mode, and in a `tf.function` for what is traced inside.

    Args:
        variables: Keras' or TensorFlow's.
        only_on_error: whether they keep what a block makes of them that ends
            without an error.

    Example:

    >>> import tensorflow as tf
    >>> from normzoo.layers.numerics.restoring import restored
    >>> variable = tf.Variable(1.0)
    >>> with restored([variable]):
    ...     print(variable.assign(2.0).numpy())
    2.0
    >>> print(variable.numpy())
    1.0
    """
    remembered = remember(variables)
    try:
        yield
    except BaseException:
        restore(remembered)
        raise
    if not only_on_error:
        restore(remembered)
