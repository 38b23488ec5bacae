"""Checks of where norms stand, for models whose layers are known."""

import inspect

import keras

from ..models.biases import layer_before
from ..models.folding import plan_folds
from ..norms.bias import cancels_bias
from .findings import Finding
from .statistics import where

_DROPOUT = (
    keras.layers.AlphaDropout,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


def useless_biases(evidence):
    """Biases that the norm behind them cancels."""
    found = {}
    for norm in _called(evidence):
        front = layer_before(evidence.graph, norm)
        if cancels_bias(norm) and front is not None and front.use_bias:
            found[norm] = front
    if not found:
        return None
    worst = next(iter(found))
    weights = sum(front.bias.shape[0] for front in found.values())
    return Finding(
        "useless_biases",
        where(evidence, found, worst),
        f"{weights} biases in front of norms that subtract them",
        "They are weights without effect, and their gradients are rounding.",
        f"use_bias=False in {evidence.graph.paths[found[worst]]} and the like",
        is_problem=False,
    )


def foldable_norms(evidence):
    """Batch norms that a layer beside them can absorb."""
    if evidence.graph is None:
        return None
    _, found, _ = plan_folds(evidence.graph)
    if not found:
        return None
    return Finding(
        "foldable_norms",
        where(evidence, found, next(iter(found))),
        f"{len(found)} of {len(evidence.batch_norms)} batch norms can be "
        "folded",
        "A model that is only used for inference computes the same without "
        "them.",
        "normzoo.layers.fold_batch_norm(model).model",
        is_problem=False,
    )


def norms_after_dropout(evidence):
    """Batch norms that see other variances in training than in inference."""
    found = {}
    for norm in evidence.batch_norms:
        dropout = _in_front(evidence, norm, _is_dropout, evidence.norms)
        if dropout is not None:
            found[norm] = dropout
    if not found:
        return None
    worst = max(found, key=lambda norm: found[norm].rate)
    return Finding(
        "norms_after_dropout",
        where(evidence, found, worst),
        f"{found[worst].name} in front of it has a rate of "
        f"{found[worst].rate:.2g}",
        "Dropout raises the variance in training alone, so the moving "
        "variance is too large in inference (Li et al., 2019).",
        "dropout behind the last norm, or "
        "normzoo.layers.reestimate_statistics(model, x)",
    )


def unused_masks(evidence):
    """Norms that take padding for data."""
    found = {}
    for norm in _called(evidence):
        takes = "mask" in inspect.signature(norm.call).parameters
        over_positions = isinstance(norm, keras.layers.GroupNormalization) or (
            getattr(norm, "over_positions", False)
        )
        if over_positions and not takes:
            source = _in_front(evidence, norm, _makes_mask, ())
            if source is not None:
                found[norm] = source
    if not found:
        return None
    worst = next(iter(found))
    return Finding(
        "unused_masks",
        where(evidence, found, worst),
        f"{found[worst].name} makes a mask, which {type(worst).__name__} "
        "does not use",
        "Padding enters the statistics, so an output depends on how long the "
        "longest sequence of the batch is.",
        'normzoo.replace_norms(model, "group"), whose layer uses masks',
    )


def _called(evidence):
    """Returns the norms that calls in a graph lead to."""
    if evidence.graph is None:
        return []
    return [norm for norm in evidence.norms if norm in evidence.graph.calls]


def _in_front(evidence, norm, wanted, walls):
    """Returns a layer in front of a norm, with no wall between, or None."""
    graph = evidence.graph
    if graph is None or norm not in graph.calls:
        return None
    pending, seen = list(graph.calls[norm]), set()
    while pending:
        for tensor in pending.pop().input_tensors:
            call = graph.source(tensor)
            layer = call.operation
            if wanted(layer):
                return layer
            if id(call) not in seen and layer not in walls:
                seen.add(id(call))
                pending.append(call)
    return None


def _is_dropout(layer):
    return isinstance(layer, _DROPOUT) and layer.rate > 0


def _makes_mask(layer):
    if isinstance(layer, keras.layers.Embedding):
        return layer.mask_zero
    return isinstance(layer, keras.layers.Masking)
