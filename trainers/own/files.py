"""Compiled models in files whose names tell their contents apart."""

import collections
import functools
import hashlib
import json
import re
import warnings

import keras
import numpy as np

from ...layers.models.kinds import is_graph
from ..common.errors import InputError, shortly
from ..common.files import replacing
from ..common.structures import plain
from ..data.nested import shape_list
from ..data.sources.outputs import Outputs
from .code_parts import code_parts
from .fresh import fresh_variables
from .likeness import check_attributes, has_own_code, has_own_steps
from .shapes import fits

_NUMBER = re.compile(r"_\d+$")


def checked(model):
    """Returns a model if it can be trained again with other norms.

    Raises:
        InputError: it is no model, has no weights, a `compile` of its own,
            outputs that no names tell apart, or is not compiled.
    """
    if not isinstance(model, keras.Model):
        raise InputError(
            "The model must be a Keras model. Received: an object of type "
            f"{type(model).__name__}."
        )
    name = f"The model {model.name!r}"
    if not model.built:
        raise InputError(
            f"{name} has no weights yet. Start it with a `keras.Input`, or, if "
            "it has its own `call`, call it once on a batch."
        )
    if type(model).compile is not keras.Model.compile:
        raise InputError(
            f"{name} has a `compile` of its own, which the model of each run "
            "cannot repeat. Pass to the constructor what it takes besides "
            "optimizer, loss and metrics."
        )
    Outputs(model)  # They must be known by their names.
    has_loss = model.loss is not None or has_own_steps(model)
    if not model.compiled or not has_loss:
        raise InputError(
            f"{name} is not compiled. Its loss, metrics and optimizer are what "
            "it is trained with: call model.compile(optimizer, loss, metrics) "
            "first."
        )
    return model


def check_shapes(model, shapes):
    """Raises `InputError` unless a model takes examples of these shapes.

    Args:
        model: see `checked`.
        shapes: from `nested.shapes_of`. What a `call` of its own takes is not
            known.
    """
    if not is_graph(model):
        return
    found = shape_list(shapes)
    if len(found) != len(model.inputs):
        raise InputError(
            f"The model takes {len(model.inputs)} inputs. Received: examples "
            f"with {len(found)}."
        )
    for tensor, shape in zip(model.inputs, found, strict=True):
        expected = tensor.shape[1:]
        if not fits(shape, expected):
            where = f" as {tensor.name!r}" if len(found) > 1 else ""
            raise InputError(
                f"The model takes examples of shape {expected}{where}. "
                f"Received: examples of shape {shape}."
            )


def save(model, folder, start="weights"):
    """Writes a compiled model into a folder; returns the `pathlib.Path`.

    Its name tells apart what training depends on: the architecture, up to the
    numbers that Keras puts behind names, what the model is compiled with, the
    weights that training begins with, and the code that is the user's own.

    Args:
        model: see `checked`.
        folder: a `pathlib.Path`.
        start: one of `starts.STARTS`.
    """
    text = json.dumps(_renamed(_described(model)), default=plain)
    digest = hashlib.sha256(text.encode())
    drawn = fresh_variables(model) if start == "fresh" else set()
    for variable in model.variables:
        if id(variable) not in drawn:
            digest.update(np.ascontiguousarray(variable.numpy()))
    for _, code in sorted(code_parts(model).items()):
        digest.update(code.encode())
    path = folder / f"model-{digest.hexdigest()[:12]}.keras"
    if not path.exists():
        with replacing(path, "The model") as temporary:
            model.save(temporary)
    if has_own_code(model):
        check_attributes(model, load(path))
    return path


def _described(model):
    """Returns what makes a model again, JSON-ready."""
    try:
        return [json.loads(model.to_json()), model.get_compile_config()]
    except (NotImplementedError, TypeError, ValueError) as error:
        raise InputError(
            f"The model {model.name!r} cannot be written into a file: {error}"
        ) from error


def _renamed(described):
    """Returns a description with names numbered from 0.

    What is `dense_7` in one process is `dense` in another.
    """
    numbers, names = collections.Counter(), {}
    for name in _names(described):
        base = _NUMBER.sub("", name)
        if name not in names:
            names[name] = f"{base}_{numbers[base]}"
            numbers[base] += 1

    def rename(value):
        if isinstance(value, dict):
            return {key: rename(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [rename(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    return rename(described)


def _names(described):
    """Yields what stands behind the key `name` anywhere in a description."""
    if isinstance(described, dict):
        if isinstance(described.get("name"), str):
            yield described["name"]
        described = list(described.values())
    if isinstance(described, (list, tuple)):
        for each in described:
            yield from _names(each)


@functools.lru_cache(maxsize=4)
def load(path):
    """Returns the compiled model in a file, the same one at each time.

    Args:
        path: of a file that `save` has written.

    Raises:
        InputError: as of `read`.
    """
    return read(path)


def read(path):
    """Returns the compiled model in a file.

    Raises:
        InputError: it cannot be loaded, or it is no good, see `checked`.
    """
    return checked(load_any(path))


def load_any(path):
    """Returns the model in a file, compiled or not.

    Raises:
        InputError: it cannot be loaded.
    """
    try:
        with warnings.catch_warnings():
            # Its state is not needed, and one that was not used has none.
            warnings.filterwarnings(
                "ignore", message="Skipping variable loading for optimizer"
            )
            return keras.models.load_model(path)
    except (OSError, TypeError, ValueError) as error:
        raise InputError(
            f"The model {path} cannot be loaded: {shortly(error)} Register its "
            "own classes and functions with "
            "keras.saving.register_keras_serializable()."
        ) from error
