"""Keras optimizers from a config."""

import keras

from ..common.adaptive_clipping import CLIPPED
from ..common.errors import InputError

#: The layer that adaptive clipping leaves alone, as its authors do.
_UNCLIPPED = ("logits",)
SCHEDULES = ("constant", "cosine")


def build_optimizer(config, total_steps):
    """Returns the Keras optimizer that `config.optimizer` describes.

    Raises:
        InputError: unknown optimizer or schedule, an option that the optimizer
            does not have, or a warm-up longer than the run.
    """
    optimizer = config.optimizer
    options = {
        "weight_decay": optimizer.weight_decay or None,
        "clipnorm": optimizer.clipnorm or None,
        "momentum": optimizer.momentum or None,
        "beta_1": _none_if_negative(optimizer.get("beta_1", -1.0)),
    }
    options = {k: v for k, v in options.items() if v is not None}
    schedule = _schedule(optimizer, total_steps)
    try:
        cls = type(keras.optimizers.get(optimizer.name))
        if optimizer.adaptive_clipping:
            cls = _with_clipping(cls)
            options["clipping"] = optimizer.adaptive_clipping
            options["exclude"] = _UNCLIPPED
        return cls(learning_rate=schedule, **options)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Optimizer {optimizer.name!r} with {options or 'no options'} "
            f"cannot be made: {error} Expected the name of a Keras optimizer "
            "(adam, adamw, sgd, rmsprop, ...) and options that it has; 0 "
            "leaves an option out."
        ) from error


def _with_clipping(cls):
    if cls not in CLIPPED:
        known = ", ".join(each.__name__ for each in CLIPPED)
        raise ValueError(f"It has no adaptive clipping, but {known} have.")
    return CLIPPED[cls]


def _none_if_negative(value):
    return None if value < 0 else value


def _schedule(optimizer, total_steps):
    rate, warmup = optimizer.learning_rate, optimizer.warmup_steps
    if optimizer.schedule not in SCHEDULES:
        raise InputError(
            f"Unknown schedule. Received: {optimizer.schedule!r}. Expected "
            f"one of: {', '.join(SCHEDULES)}."
        )
    if not 0 <= warmup < total_steps:
        raise InputError(
            f"warmup_steps must be 0 to {total_steps - 1}, one less than the "
            f"run's steps. Received: {warmup}."
        )
    if optimizer.schedule == "constant" and not warmup:
        return rate
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else rate,
        decay_steps=total_steps - warmup,
        # A cosine that ends where it began is constant.
        alpha=1.0 if optimizer.schedule == "constant" else 0.0,
        warmup_target=rate if warmup else None,
        warmup_steps=warmup,
    )
