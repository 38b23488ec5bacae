"""Batch normalization folded into the layers around it."""

from typing import NamedTuple

import keras

from .affine_maps import AffineMap
from .batch_norms import KNOWN_BATCH_NORMS, is_batch_norm
from .copying import copy_model
from .fold_plans import NotExactError, Planner
from .graph import Graph
from .kinds import check_graph


class FoldResult(NamedTuple):
    """What `fold_batch_norm` returns.

    Attributes:
        model: the new functional model.
        folded: dict, path of a batch norm -> paths of the layers that absorbed
            it.
        left: dict, path of a batch norm -> why it could not be folded.
    """

    model: keras.Model
    folded: dict[str, tuple[str, ...]]
    left: dict[str, str]


def fold_batch_norm(model: keras.Model) -> FoldResult:
    """Copies a model and folds its batch norms into neighboring layers.

    At inference, batch normalization is `scale x + shift`, with
    `scale = gamma / sqrt(moving_variance + epsilon)` and
    `shift = beta - scale moving_mean`. A layer `K x + b` can absorb

    - a batch norm that follows it, always: `K' = scale K`,
      `b' = scale b + shift`;
    - a batch norm before it, `K' = K scale`, `b' = b + K shift`, if all output
      positions use the whole kernel: `Dense` (also after `Flatten`), and
      convolutions with `padding="valid"` or kernel size 1. With zero padding,
      or in a transposed convolution, this works only if `shift` is 0.

    Such layers are `Dense`, `Conv1D` to `Conv3D`, and their transposed,
    depthwise and separable variants, but not subclasses of these. Between them
    and the batch norm there may only be layers that do nothing at inference,
    such as `Dropout`. A layer that is called several times keeps one kernel, so
    it absorbs a batch norm only if this is right for all its calls. Batch norms
    that cannot be folded exactly stay in the model.

    Products are computed in float64 and rounded once. At inference, the outputs
    are those of `model` up to rounding; in training, the new model behaves
    differently. `model` itself is not changed.

    Args:
        model: a functional or Sequential model, with batch norms of Keras or of
            this package; such models may be nested in it.

    Returns:
        A `FoldResult(model, folded, left)`: the new functional model, with the
        same layer names (a layer that absorbed a batch norm has a bias), not
        compiled; and what happened to each batch norm. Names are paths:
        `"encoder/bn"` is the layer `bn` of the nested model `encoder`.

    Raises:
        TypeError: `model` is neither functional nor Sequential, or has a
            `call` of its own.
        ValueError: a Sequential model is not built.

    Example:

    >>> import keras
    >>> from normzoo import layers
    >>> model = keras.Sequential([
    ...     keras.Input((28, 28, 1)),
    ...     keras.layers.Conv2D(8, 3, use_bias=False, name="conv"),
    ...     keras.layers.BatchNormalization(name="bn"),
    ...     keras.layers.ReLU(name="relu"),
    ... ])
    >>> result = layers.fold_batch_norm(model)
    >>> result.folded, result.left
    ({'bn': ('conv',)}, {})
    >>> [layer.name for layer in result.model.layers][1:]
    ['conv', 'relu']

    Reference:

    - [Jacob et al., 2018](https://arxiv.org/abs/1712.05877), section 3.2.
    """
    check_graph(model, "Fold the functional models inside it.")
    graph = Graph(model)
    maps, absorbers, left = plan_folds(graph)
    copied, copies = copy_model(
        model,
        skip=absorbers,
        changes={layer: {"use_bias": True} for layer in maps},
    )
    for layer, weights in maps.items():
        weights.assign_to(copies[layer])
    folded = {
        graph.paths[norm]: tuple(graph.paths[layer] for layer in layers)
        for norm, layers in absorbers.items()
    }
    return FoldResult(copied, folded, left)


def plan_folds(graph):
    """Folds one norm after another; each step keeps the model's outputs.

    Returns:
        `(maps, absorbers, left)`: dict, layer -> its new weights; dict, folded
        norm -> the layers that absorbed it; dict, path of a norm -> reason.
    """
    maps, absorbers = {}, {}
    planner = Planner(graph, gone=absorbers)
    norms = [layer for layer in graph.calls if is_batch_norm(layer)]
    folded_some = True
    while folded_some:
        # A norm that is folded may have stood in the way of another one.
        left, folded_some = {}, False
        for norm in norms:
            if norm in absorbers:
                continue
            try:
                _fold_one(norm, planner, maps, absorbers)
                folded_some = True
            except NotExactError as reason:
                left[graph.paths[norm]] = str(reason)
    return maps, absorbers, left | _hidden_norms(graph)


def _fold_one(norm, planner, maps, absorbers):
    plan, absorb = _plan(planner, norm)
    for layer, affine in plan.items():
        if layer not in maps:
            maps[layer] = AffineMap(layer)
        absorb(maps[layer], affine)
    absorbers[norm] = tuple(plan)


def _plan(planner, norm):
    """Returns `({layer: affine}, how a layer's weights absorb it)`."""
    if type(norm) not in KNOWN_BATCH_NORMS:
        raise NotExactError(f"{type(norm).__name__} is a subclass")
    planner.check(norm)
    try:
        return planner.layers_before(norm), AffineMap.absorb_behind
    except NotExactError as error:
        before = error
    try:
        return planner.layers_after(norm), AffineMap.absorb_in_front
    except NotExactError as after:
        raise NotExactError(f"before it: {before}; after it: {after}") from None


def _hidden_norms(graph):
    """The norms inside layers that are no functional models, and why."""
    return {
        path: f"it is inside a {type(outer).__name__}"
        for path, layer, outer in graph.hidden()
        # A batch norm inside another one is not used in inference.
        if is_batch_norm(layer) and not is_batch_norm(outer)
    }
