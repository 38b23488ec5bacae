"""What of its machine a process trains with."""

import tensorflow as tf


def limit_threads(number):
    """Has TensorFlow use so many threads, at least one.

    It must not have computed anything before.
    """
    number = max(number, 1)
    tf.config.threading.set_intra_op_parallelism_threads(number)
    tf.config.threading.set_inter_op_parallelism_threads(number)


def hide_gpus():
    """Has TensorFlow use none; it must not have computed anything before."""
    tf.config.set_visible_devices([], "GPU")
