"""Whether a config can be trained with, before it is."""

import math

import ml_collections

from ...configs import default
from ..common.errors import InputError
from ..common.structures import flatten

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
