"""What numbers examples hold in memory, and what models see of them.

This is the one place that says it:

| data | in memory | models see |
| --- | --- | --- |
| uint8 | uint8 | float32, divided by 255 |
| bool | uint8, 0 and 255 | float32, 0 and 1 |
| uint16 | uint16 | float32, divided by 65,535 |
| other integers | float32, divided by the type's largest value | the same |
| floats | float32, as they are | the same |
| characters | int64, as they are | the same |
| a user's own inputs of up to 16 bits | their own type | float32, as they are |
| other inputs of a user's own | see `arrays.check` | the same |

So models see images of integers in [0, 1], as `tf.image.convert_image_dtype`
makes them; images of floats are expected there, too. A resized or pooled image
has the type of the original: uint8 and uint16 are rounded, floats are not.
"""

import numpy as np
import tensorflow as tf

#: Type in memory -> what it is divided by before a model sees it.
_LARGEST = {"uint8": 255, "uint16": 65535}

#: Types of a user's own inputs that take less memory than what models see.
SMALL = ("bool", "uint8", "int8", "uint16", "int16", "float16")

#: Rounding in `tf.image.resize` may leave [0, 1] by as much.
_TOLERANCE = 1e-6


def stored(values):
    """Returns a tensor of decoded numbers or booleans as it is kept in memory.

    Args:
        values: a tensor of booleans, integers or floats.

    Example:

    >>> import tensorflow as tf
    >>> from normzoo.trainers.data import scaling
    >>> scaling.stored(tf.constant([False, True])).numpy().tolist()
    [0, 255]
    """
    dtype = values.dtype
    if dtype == tf.bool:
        return tf.cast(values, tf.uint8) * 255
    if dtype.name in _LARGEST:
        return values
    if dtype.is_integer:
        values = tf.cast(values, tf.float64) / float(dtype.max)
    return tf.cast(values, tf.float32)


def seen(inputs):
    """Returns what models see of inputs in memory.

    Args:
        inputs: a NumPy array or a tensor, as `stored` makes them.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data import scaling
    >>> scaling.seen(np.array([0, 51, 255], np.uint8)).tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    largest = _LARGEST.get(inputs.dtype.name)
    if largest is None:
        return inputs
    if tf.is_tensor(inputs):
        # By a constant of a graph TensorFlow would not divide, but multiply
        # with its inverse, whose last bit is another.
        with tf.init_scope():
            divisor = tf.constant(largest, tf.float32)
        return tf.cast(inputs, tf.float32) / divisor
    return inputs.astype(np.float32) / np.float32(largest)


def as_given(inputs):
    """Returns what models see of a user's own inputs: nothing is divided.

    Args:
        inputs: a NumPy array or a tensor, as `arrays.check` returns them.

    Example:

    >>> import numpy as np
    >>> from normzoo.trainers.data import scaling
    >>> scaling.as_given(np.array([0, 51, 255], np.uint8)).tolist()
    [0.0, 51.0, 255.0]
    """
    if inputs.dtype.name not in SMALL:
        return inputs
    if tf.is_tensor(inputs):
        return tf.cast(inputs, tf.float32)
    return inputs.astype(np.float32)


def as_before(results, dtype):
    """Returns computed numbers in the type of those they were made of.

    Args:
        results: a NumPy array or a tensor of floats.
        dtype: of the numbers before, a type in memory; integers are rounded.
    """
    tensor = tf.is_tensor(results)
    if tf.as_dtype(dtype).is_unsigned:
        results = tf.round(results) if tensor else np.rint(results)
    return tf.cast(results, dtype) if tensor else results.astype(dtype)


def image_bounds(*splits):
    """Returns the interval that models see all pixels in.

    Args:
        *splits: arrays of images in memory.

    Returns:
        `(0, 1)`, or None if images of floats leave it.
    """
    for images in splits:
        if images.dtype.name not in _LARGEST:
            low, high = images.min(), images.max()
            if low < -_TOLERANCE or high > 1 + _TOLERANCE:
                return None
    return (0, 1)
