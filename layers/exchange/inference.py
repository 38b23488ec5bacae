"""A copy of a trained model that does at inference only what it must."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras

from ..models.folding import fold_batch_norm
from ..models.graph import Graph
from ..models.kinds import check_built, is_graph
from ..references.reference_model import ReferenceModel
from ..weight_norms.base import WeightNorm
from .fixed_inputs import fix_inputs
from .weight_norms import copy_with_weight_norm

_OWN_CALL = "it has a `call` of its own"


class InferenceResult(NamedTuple):
    """What `for_inference` returns.

    Attributes:
        model: the new model, not compiled.
        changed: dict, path of a layer or name of an input -> what was done.
        left: dict, path of a batch norm -> why it could not be folded.
    """

    model: keras.Model
    changed: dict[str, str]
    left: dict[str, str]


def for_inference(
    model: keras.Model, fixed: Mapping[str, Any] | None = None
) -> InferenceResult:
    """Copies a trained model without what only training needs.

    - A `ReferenceModel` gives up its reference batch: its virtual batch norms
      keep the statistics of the reference with the current weights.
    - Inputs in `fixed` become constants. A `Conditional` norm with such a
      condition becomes the plain norm with one scale and one shift.
    - Weight norms are removed: their layers keep the kernels that they compute
      with.
    - Batch norms are folded into neighboring layers, see `fold_batch_norm`.

    At inference, the outputs are those of `model` up to rounding. `model` is
    not changed, but for a `ReferenceModel`, whose statistics are refreshed.

    Args:
        model: a functional or Sequential model, built, or a `ReferenceModel` of
            one. Nothing changes in a model with its own `call`.
        fixed: dict, name of an input -> its value for one example: a class, or
            an array.

    Returns:
        An `InferenceResult(model, changed, left)`.

    Raises:
        TypeError: `model` is no Keras model, or has its own `call` and `fixed`
            is given.
        ValueError: the model has no weights yet; or it has no input of a name
            in `fixed`, or that input cannot become a constant.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> labels = keras.Input((), dtype="int32", name="labels")
    >>> noise = keras.Input((4,), name="noise")
    >>> x = keras.layers.Dense(8, name="dense")(noise)
    >>> norm = layers.Conditional(
    ...     layers.get("batch")(), layers.ClassCondition(3), name="norm")
    >>> model = keras.Model([noise, labels], norm(x, condition=labels))
    >>> result = layers.for_inference(model, fixed={"labels": 2})
    >>> [layer.name for layer in result.model.layers]
    ['noise', 'dense']
    >>> result.changed["norm"]
    'folded into dense'
    """
    check_built(model)
    changed, given = {}, model
    if isinstance(model, ReferenceModel):
        model.refresh()
        changed[model.name] = "the reference batch became its statistics"
        model = model.model
    if not is_graph(model):
        if fixed:
            raise TypeError(
                f"The model {model.name!r} has its own `call`, so its inputs "
                f"cannot be fixed. Received: fixed={fixed!r}. Fix those of the "
                "functional models inside it."
            )
        left = {model.name: _OWN_CALL} if model is given else {}
        return InferenceResult(model, changed, left)
    for step in (lambda m: fix_inputs(m, fixed or {}), _remove_weight_norms):
        model, done = step(model)
        changed |= done
    folded = fold_batch_norm(model)
    changed |= {
        path: f"folded into {' and '.join(into)}"
        for path, into in folded.folded.items()
    }
    return InferenceResult(folded.model, changed, folded.left)


def _remove_weight_norms(model):
    if not any(isinstance(x, WeightNorm) for x in Graph(model).paths):
        return model, {}
    result = copy_with_weight_norm(
        model, _as_it_is, lambda layer: isinstance(layer, WeightNorm)
    )
    return result.model, {
        path: f"{each.old} became its kernel"
        for path, each in result.replaced.items()
    }


def _as_it_is(layer):
    return layer
