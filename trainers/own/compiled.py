"""What a user's model was compiled with, for new models like it."""

import keras

from ..common.errors import InputError
from ..data.sources.outputs import Outputs


def compile_arguments(model):
    """Returns new losses and metrics, and their weights, as `compile` takes.

    Args:
        model: compiled.

    Raises:
        InputError: a loss is a function that Keras does not know.
    """
    config = model.get_compile_config()
    makers = {
        "loss": _loss,
        "loss_weights": float,
        "metrics": _metric,
        "weighted_metrics": _metric,
    }
    found = {key: _each(make, config.get(key)) for key, make in makers.items()}
    return {key: value for key, value in found.items() if value is not None}


def losses_of(model):
    """Returns name of an output -> a new loss, of those that have one.

    Args:
        model: compiled. The name of a single output is `""`.

    Raises:
        InputError: as of `compile_arguments`.
    """
    per_output = _per_output(model, "loss")
    return {name: _loss(given[0]) for name, given in per_output if given}


def unlabeled(model):
    """Returns the names of outputs that have neither a loss nor metrics.

    Args:
        model: a Keras model; of one that is not compiled nothing is known.
    """
    if not model.compiled:
        return ()
    keys = ("loss", "metrics", "weighted_metrics")
    used = {name for key in keys for name, x in _per_output(model, key) if x}
    return tuple(name for name in Outputs(model).names if name not in used)


def metrics_of_outputs(model, key):
    """Returns pairs of the name of an output and a list of its new metrics.

    Args:
        model: compiled.
        key: `"metrics"` or `"weighted_metrics"`.
    """
    return [
        (name, list(map(_metric, given)))
        for name, given in _per_output(model, key)
    ]


def _per_output(model, key):
    """Returns pairs of an output's name and what it has of what is compiled."""
    given = _listed(model.get_compile_config().get(key))
    names = Outputs(model).names or ("",)
    if len(names) == 1:
        return [(names[0], _flat(given))]
    if _is_dict(given):
        return [(name, _flat(given.get(name))) for name in names]
    if isinstance(given, list) and len(given) == len(names):
        return [(n, _flat(g)) for n, g in zip(names, given, strict=True)]
    # One loss is that of all outputs.
    return [(name, _flat(given)) for name in names]


def _each(make, given):
    """Returns dicts and lists of what is made of names and configurations."""
    given = _listed(given)
    if _is_dict(given):
        return {key: _each(make, each) for key, each in given.items()}
    if isinstance(given, list):
        return [_each(make, each) for each in given]
    return None if given is None else make(given)


def _flat(given):
    """Returns names and configurations in dicts and lists, as one list."""
    given = _listed(given)
    if _is_dict(given):
        given = list(given.values())
    if isinstance(given, list):
        return [each for some in given for each in _flat(some)]
    return [] if given is None else [given]


def _listed(given):
    """Returns a tuple, as Keras writes it, as a list."""
    is_tuple = isinstance(given, dict) and given.get("class_name") == (
        "__tuple__"
    )
    return given["config"]["value"] if is_tuple else given


def _is_dict(given):
    return isinstance(given, dict) and "class_name" not in given


def _metric(given):
    # By a name Keras chooses the metric that fits the loss.
    return given if isinstance(given, str) else keras.metrics.get(given)


def _loss(given):
    try:
        return keras.losses.get(given)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The model's loss cannot be rebuilt: {error} Register it with "
            "keras.saving.register_keras_serializable()."
        ) from error
