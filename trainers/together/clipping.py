"""How the gradients of several runs are clipped, one run at a time."""

import tensorflow as tf

#: The options that clip gradients; the first one that is set holds.
LIMITS = ("clipnorm", "global_clipnorm", "clipvalue")


def clipping(configs):
    """Returns how gradients are clipped, and each run's limit.

    Returns:
        A function of the gradients and the limit of a run, which clips as
        Keras' optimizers do; the limits, `(runs,)`.
    """
    for name in LIMITS:
        limits = [each[name] for each in configs]
        if limits[0]:
            return _CLIPPING[name], tf.constant(limits, tf.float64)
    return lambda gradients, limit: gradients, tf.zeros(
        len(configs), tf.float64
    )


def _by_norm(gradients, limit):
    return [tf.clip_by_norm(g, tf.cast(limit, g.dtype)) for g in gradients]


def _by_global_norm(gradients, limit):
    limit = tf.cast(limit, gradients[0].dtype)
    return tf.clip_by_global_norm(gradients, limit)[0]


def _by_value(gradients, limit):
    limits = [tf.cast(limit, gradient.dtype) for gradient in gradients]
    return [
        tf.clip_by_value(gradient, -limit, limit)
        for gradient, limit in zip(gradients, limits, strict=True)
    ]


_CLIPPING = {
    "clipnorm": _by_norm,
    "global_clipnorm": _by_global_norm,
    "clipvalue": _by_value,
}
