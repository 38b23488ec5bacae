"""Inputs of a model that become constants."""

import keras
import numpy as np

from ..conditional.class_condition import ClassCondition
from ..conditional.conditional import Conditional
from ..models.copying import copy_model
from ..models.graph import Graph
from ..models.kinds import as_functional, input_layer
from ..models.layer_state import copy_named, copy_trainable


def fix_inputs(model, fixed):
    """Returns a copy of a model with fewer inputs, and what was done.

    Args:
        model: functional or Sequential, built.
        fixed: dict, name of an input -> its value for one example.

    Returns:
        The model, and a dict, name of an input or path of a norm -> words.

    Raises:
        ValueError: there is no such input, or something other than a
            `Conditional` norm reads it, or it is the only one.
    """
    if not fixed:
        return model, {}
    functional, graph = as_functional(model), Graph(model)
    layers = [input_layer(functional, x) for x in functional.inputs]
    names = {x.name: graph.calls[x][0].outputs[0] for x in layers}
    _check_names(fixed, names)
    others, behind, done = {}, {}, {}
    for name, value in fixed.items():
        done[name] = f"always {value}"
        for norm in _readers(graph, names[name], name):
            plain, added = _plain(norm, graph, value, name)
            others[norm], behind[norm] = plain, added
            done[graph.paths[norm]] = f"for {name}={value}"
    copied, _ = copy_model(
        model, others=others, behind=behind, alone=set(others.values())
    )
    return _without(copied, set(fixed)), done


def _check_names(fixed, names):
    if unknown := [name for name in fixed if name not in names]:
        raise ValueError(
            f"The model has no input {unknown[0]!r}. Its inputs are: "
            f"{', '.join(names)}."
        )
    if len(fixed) == len(names):
        raise ValueError(
            "All inputs of the model would be fixed. Received: "
            f"{', '.join(fixed)}. Leave one of them out."
        )


def _readers(graph, tensor, name):
    """Returns the norms whose condition an input is; all that read it are."""
    found = []
    for call in graph.readers(tensor):
        norm = call.operation
        if not isinstance(norm, Conditional):
            raise ValueError(
                f"The input {name!r} cannot be fixed: {norm.name!r} reads it, "
                f"a {type(norm).__name__}. Only the conditions of Conditional "
                "norms can be fixed."
            )
        found.append(norm)
    return dict.fromkeys(found)


def _plain(norm, graph, value, name):
    """Returns the norm inside a `Conditional` with the scale and shift of one.

    Returns:
        The norm, and a list of what is called behind it.
    """
    shape = graph.calls[norm][0].data_tensors[0].shape
    gamma, beta = _scale_and_shift(norm, shape, value, name)
    config = {**norm.norm.get_config(), "name": norm.name}
    affine = {"center", "scale"} <= config.keys()
    if affine:
        config |= {"center": True, "scale": True}
    plain = type(norm.norm).from_config(config)
    plain.build(shape)
    copy_named(norm.norm, plain)
    copy_trainable(norm, plain)
    if affine:
        plain.gamma.assign(gamma)
        plain.beta.assign(beta)
        return plain, []
    scaled = keras.layers.Rescaling(
        gamma.tolist(),
        beta.tolist(),
        name=f"{norm.name}_affine",
        dtype=norm.dtype_policy,
    )
    return plain, [scaled]


def _scale_and_shift(norm, shape, value, name):
    """Returns gamma and beta of each channel, as arrays.

    Raises:
        ValueError: it is no such class, or they differ between positions.
    """
    value = np.asarray(value)
    source = norm.source
    if isinstance(source, ClassCondition) and not (
        value.dtype.kind in "iu" and 0 <= value < source.classes
    ):
        raise ValueError(
            f"{name!r} is a class from 0 to {source.classes - 1}. Received: "
            f"{value.tolist()!r}."
        )
    like = np.zeros([1, *(size or 1 for size in shape[1:])], "float32")
    both = source(value[np.newaxis], like=like)
    gamma, beta = (keras.ops.convert_to_numpy(each)[0] for each in both)
    if gamma.ndim > 1:
        raise ValueError(
            f"The input {name!r} cannot be fixed: it gives {norm.name!r} a "
            "scale and a shift for each position."
        )
    return gamma, beta


def _without(model, names):
    """Returns a model without some of its inputs, which nothing reads."""
    inputs = model.input
    if isinstance(inputs, dict):
        kept = {k: x for k, x in inputs.items() if _name(model, x) not in names}
        rest = list(kept.values())
    else:
        rest = kept = [
            x
            for x in keras.tree.flatten(inputs)
            if _name(model, x) not in names
        ]
    one = len(rest) == 1
    return keras.Model(rest[0] if one else kept, model.output, name=model.name)


def _name(model, tensor):
    return input_layer(model, tensor).name
