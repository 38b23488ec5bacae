"""Python values as JSON, so that reading them runs no code."""

import base64

import numpy as np
import tensorflow as tf

from ..common.errors import InputError

_AS_THEY_ARE = (bool, int, float, str, type(None))
_SEQUENCES = {"tuple": tuple, "set": set}


def encode(value, what):
    """Returns a value as JSON can hold it; `decode` gives it back.

    Args:
        value: numbers, text, None, bytes, arrays and tensors, in any nesting of
            lists, tuples, sets and dicts.
        what: it is, for the message.

    Raises:
        InputError: it holds something else.
    """
    if isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, list):
        return [encode(each, what) for each in value]
    if isinstance(value, dict):
        pairs = value.items()
        return {"dict": [[encode(x, what) for x in pair] for pair in pairs]}
    for name, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {name: [encode(each, what) for each in value]}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return _encode_tensor(value, what)


def _encode_tensor(value, what):
    try:
        tensor = tf.convert_to_tensor(value)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} holds a {type(value).__name__}, which cannot be saved. "
            "Expected numbers, text, None and arrays, in lists, tuples, sets "
            "and dicts."
        ) from error
    raw = tf.io.serialize_tensor(tensor).numpy()
    return {
        "tensor": base64.b64encode(raw).decode(),
        "dtype": tensor.dtype.name,
    }


def decode(held):
    """Returns the value that `encode` was given; tensors become arrays.

    Raises:
        InputError: it was given none.
    """
    if isinstance(held, _AS_THEY_ARE):
        return held
    if isinstance(held, list):
        return [decode(each) for each in held]
    if "dict" in held:
        return {decode(key): decode(value) for key, value in held["dict"]}
    for name, kind in _SEQUENCES.items():
        if name in held:
            return kind(map(decode, held[name]))
    if "bytes" in held:
        return base64.b64decode(held["bytes"])
    if "tensor" not in held:
        raise InputError(
            f"The saved state holds {sorted(held)}, which is no value. Its "
            "checkpoint was not written by normzoo; name another workdir."
        )
    raw = base64.b64decode(held["tensor"])
    value = tf.io.parse_tensor(raw, tf.as_dtype(held["dtype"])).numpy()
    # A number of NumPy's own type, or an array that can be written to.
    return value if np.isscalar(value) else np.array(value)
