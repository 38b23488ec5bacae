"""What a call of `fit` must share with the one that it continues."""

import json

import keras


def described(model, call, epochs):
    """Returns a JSON-ready dict, for `config.json`.

    Args:
        model: of the call.
        call: the `FitCall`.
        epochs: of the whole run.
    """
    return {
        "epochs": epochs,
        "steps_per_epoch": call.steps,
        "steps_per_execution": model.steps_per_execution,
        "optimizer": _optimizer(model.optimizer),
    }


def _optimizer(optimizer):
    if optimizer is None:
        return None
    found = {"class_name": type(optimizer).__name__}
    try:
        config = keras.saving.serialize_keras_object(optimizer)["config"]
        json.dumps(config)
    except (NotImplementedError, TypeError, ValueError):
        return found  # of a class without a config
    return {**found, "config": _unnamed(config)}


def _unnamed(config):
    """Leaves out the names, which Keras numbers in each process."""
    if not isinstance(config, dict):
        return config
    return {k: _unnamed(v) for k, v in config.items() if k != "name"}
