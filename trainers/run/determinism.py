"""Whether TensorFlow uses kernels alone that repeat bit by bit."""

import tensorflow as tf


def is_deterministic():
    """Whether that is on, as far as can be told: see `set_determinism`."""
    config = _config()
    return config.is_op_determinism_enabled() if config else False


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
    elif config := _config():
        config.disable_op_determinism()


def _config():
    """Returns TensorFlow's module of both private functions, or None."""
    try:
        from tensorflow.python.framework import config

        config.is_op_determinism_enabled, config.disable_op_determinism  # noqa: B018
    except (ImportError, AttributeError):
        return None
    return config
