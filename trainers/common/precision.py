"""The dtype policy of a run."""

import contextlib

import keras
import tensorflow as tf

from .errors import InputError

POLICIES = ("float32", "mixed_bfloat16", "mixed_float16", "auto")


def resolve_precision(precision):
    """Returns the dtype policy's name; `"auto"` looks at the machine.

    It stands for `mixed_float16` where every GPU has tensor cores (compute
    capability 7.0 or higher), and for `float32` elsewhere.

    Raises:
        InputError: unknown name.
    """
    if precision not in POLICIES:
        raise InputError(
            f"Unknown precision. Received: {precision!r}. Expected one of: "
            f"{', '.join(POLICIES)}."
        )
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    details = map(tf.config.experimental.get_device_details, gpus)
    capabilities = [d.get("compute_capability", (0, 0)) for d in details]
    fast = capabilities and min(capabilities) >= (7, 0)
    return "mixed_float16" if fast else "float32"


@contextlib.contextmanager
def dtype_policy(precision):
    """Makes what `precision` resolves to the global Keras dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(resolve_precision(precision))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
