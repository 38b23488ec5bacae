"""What runs the operations that are made now: XLA or not, on which devices.

No other file of the layers uses a private name of TensorFlow. Without that
name the layers compute the same.
"""

import tensorflow as tf


def under_xla():
    """Returns whether the operations that are made now are for XLA.

    Where TensorFlow does not say, those of a graph are taken to be: what is
    made for XLA is right without it, too, though slower. What is made for
    TensorFlow's own kernels may not compile.
    """
    if tf.executing_eagerly():
        return False
    enclosing = enclosing_xla_context()
    return True if enclosing is None else enclosing() is not None


def enclosing_xla_context():
    """Returns TensorFlow's function that finds the XLA context, or None.

    There is no public one.
    """
    internal = getattr(tf, "__internal__", None)
    return getattr(internal, "get_enclosing_xla_context", None)


def on_cpu():
    """Returns whether TensorFlow has nothing but CPUs to run on."""
    devices = tf.config.list_logical_devices()
    return all(device.device_type == "CPU" for device in devices)
