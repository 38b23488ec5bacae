"""Whether TensorFlow uses kernels alone that repeat bit by bit."""

import tensorflow as tf


def set_determinism(wanted):
    """Turns the determinism of TensorFlow's operations on or off.

    It holds for the whole process, and Keras compiles nothing by XLA while it
    is on: a run that has no need of it must turn it off. TensorFlow has no
    public function for that. Where the private one is missing, it stays on,
    and later runs are repeatable without having asked for it.

    Args:
        wanted: whether results on the same machine are to be bitwise equal.
    """
    if wanted:
        tf.config.experimental.enable_op_determinism()
        return
    try:
        from tensorflow.python.framework import config

        config.disable_op_determinism()
    except (ImportError, AttributeError):
        pass
