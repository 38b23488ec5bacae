"""Whether a config and its data can be trained with, before they are."""

import math

import ml_collections
import numpy as np

from ..configs import default
from .errors import InputError

_POSITIVE = (
    "epochs",
    "evaluation_batch_size",
    "log_every_steps",
    "probe_every_epochs",
    "validate_every_epochs",
    "steps_per_execution",
    "checkpoint.keep",
    "dataset.window",
)
_NOT_NEGATIVE = (
    "checkpoint.every_seconds",
    "checkpoint.every_steps",
    "dataset.image_size",
    "optimizer.learning_rate",
    "optimizer.weight_decay",
    "optimizer.momentum",
    "optimizer.clipnorm",
)
_ONE_OF = {
    "checkpoint.best": ("", "val_accuracy", "val_loss"),
    "checkpoint.best_mode": ("max", "min"),
}
#: What NumPy takes for a seed.
_SEEDS = 2**32


def check_settings(config):
    """Raises `InputError` if a config lacks a key, or a value is no good."""
    values = _values(config)
    for key in _POSITIVE:
        if not 0 < values[key] < math.inf:
            _refuse(key, values, "positive")
    for key in _NOT_NEGATIVE:
        if not 0 <= values[key] < math.inf:
            _refuse(key, values, "at least 0")
    for key, allowed in _ONE_OF.items():
        if values[key] not in allowed:
            _refuse(key, values, f"one of {', '.join(map(repr, allowed))}")
    if not 0 <= config.seed < _SEEDS:
        _refuse("seed", values, f"0 to {_SEEDS - 1}")
    if config.jit_compile and config.deterministic:
        raise InputError(
            "Keras has no deterministic XLA. Received: jit_compile=True and "
            "deterministic=True. Set --config.deterministic=False."
        )


def _values(config):
    begin = "Begin it with normzoo.configs.default.get_config()."
    if not isinstance(config, ml_collections.ConfigDict):
        kind = type(config).__name__
        raise InputError(f"The config is a {kind}, no ConfigDict. {begin}")
    values = flatten(config.to_dict())
    wanted = flatten(default.get_config().to_dict()).keys() - values
    # Each model has keys of its own.
    missing = sorted(
        key
        for key in wanted
        if key == "model.name" or not key.startswith("model.")
    )
    if missing:
        some = ", ".join(missing[:5])
        raise InputError(
            f"The config lacks {len(missing)} keys: {some}. {begin}"
        )
    return values


def _refuse(key, values, allowed):
    raise InputError(f"{key} must be {allowed}. Received: {values[key]!r}.")


def flatten(nested, prefix=""):
    """Returns dotted key -> value of a nested dict."""
    flat = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def check_examples(where, inputs, labels, num_classes):
    """Raises `InputError` unless a classifier can be trained on the arrays.

    Args:
        where: the data set and its split, for the message.
        inputs: `(examples, ...)`, of numbers.
        labels: `(examples, ...)`, of integers.
        num_classes: one more than the largest label there may be.
    """
    if inputs.dtype not in (np.uint8, np.float32):
        raise InputError(
            f"{where} has inputs of type {inputs.dtype}. Expected uint8 or "
            "float32."
        )
    if inputs.dtype == np.float32 and not np.isfinite(inputs).all():
        (first, *_) = np.argwhere(~np.isfinite(inputs))[0]
        raise InputError(
            f"{where} has inputs that are not finite, first in example "
            f"{first}. Mend the data set, or name another split."
        )
    lowest, highest = labels.min(), labels.max()
    if lowest < 0 or highest >= num_classes:
        raise InputError(
            f"{where} has labels from {lowest} to {highest}. Expected 0 to "
            f"{num_classes - 1}; -1 often means that a split has no labels. "
            "Name another split."
        )
