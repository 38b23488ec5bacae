"""Which layers can absorb a batch norm, so that no output changes."""

import keras
import numpy as np

from .affine_maps import KERNELS, Affine, channel_axis, norm_affine, reads_alike

_IDLE_AT_INFERENCE = (
    keras.layers.ActivityRegularization,
    keras.layers.AlphaDropout,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


class NotExactError(Exception):
    """Why a batch norm cannot be folded."""


class Planner:
    """Finds the layers for one batch norm after another.

    Args:
        graph: the `Graph` of the model.
        gone: the batch norms that are folded by now: they do nothing any more.
    """

    def __init__(self, graph, gone):
        self._graph = graph
        self._gone = gone

    def check(self, norm):
        """Raises `NotExactError` where the norm is not `scale x + shift`."""
        if self._graph.always_trains(norm):
            raise NotExactError("it is called with training=True")
        for node in self._graph.calls[norm]:
            before, after = node.input_tensors[0].dtype, node.outputs[0].dtype
            if before != after:
                raise NotExactError(f"it casts {before} to {after}")
        if not np.all(np.isfinite(norm_affine(norm))):
            raise NotExactError("its scale or its shift is not finite")

    def layers_before(self, norm):
        """Dict, layer whose output the norm reads -> what it can absorb."""
        affine = norm_affine(norm)
        plan = {}
        for node in self._graph.calls[norm]:
            layer = self._layer_before(node)
            plan[layer] = affine
        for layer in plan:
            for node in self._graph.calls[layer]:
                self._check_read_by(norm, node.outputs[0])
        return plan

    def layers_after(self, norm):
        """Dict, layer that reads the norm's output -> what it can absorb."""
        plan, reached = {}, set()
        for node in self._graph.calls[norm]:
            field = _over_features(norm_affine(norm), norm.axis, node)
            for reader, affine in self._readers(node.outputs[0], field):
                layer = reader.operation
                self._check_kernel(layer)
                affine = _over_channels(affine, reader)
                if np.any(affine.shift) and not reads_alike(layer):
                    raise NotExactError(
                        f"its shift meets the padding of {layer.name!r}"
                    )
                _check_equal(plan.setdefault(layer, affine), affine, layer)
                reached.add(reader)
        for layer in plan:
            if not reached.issuperset(self._graph.calls[layer]):
                raise NotExactError(f"{layer.name!r} is called elsewhere too")
        return plan

    def _layer_before(self, node):
        axis, rank = node.operation.axis, len(node.outputs[0].shape)
        node = self._graph.source(node.input_tensors[0])
        while self._is_idle(node):
            node = self._graph.source(node.input_tensors[0])
        layer = node.operation
        self._check_kernel(layer)
        if layer.activation not in (None, keras.activations.linear):
            raise NotExactError(f"{layer.name!r} has an activation")
        if axis % rank != channel_axis(layer, rank):
            raise NotExactError(f"axis {axis} is not that of {layer.name!r}")
        return layer

    def _check_read_by(self, norm, tensor):
        for node, _ in self._readers(tensor, None):
            if node.operation is not norm:
                raise NotExactError(
                    f"{node.operation.name!r} reads the same tensor"
                )

    def _readers(self, tensor, field):
        """Yields `(node, field)` behind layers that do nothing or flatten."""
        if self._graph.is_output(tensor):
            raise NotExactError("the tensor is an output of its model")
        for node in self._graph.readers(tensor):
            if self._is_idle(node):
                yield from self._readers(node.outputs[0], field)
            elif field and type(node.operation) is keras.layers.Flatten:
                yield from self._readers(node.outputs[0], _flatten(field, node))
            else:
                yield node, field

    def _is_idle(self, node):
        layer = node.operation
        if type(layer) is keras.layers.Activation:
            return layer.activation is keras.activations.linear
        return layer in self._gone or (
            type(layer) in _IDLE_AT_INFERENCE
            and not self._graph.always_trains(layer)
        )

    def _check_kernel(self, layer):
        if type(layer) not in KERNELS:
            raise NotExactError(
                f"{layer.name!r} is of type {type(layer).__name__}"
            )
        if layer.quantization_mode or getattr(layer, "lora_enabled", False):
            raise NotExactError(f"{layer.name!r} is quantized or has LoRA")


def _over_features(affine, axis, node):
    """Reshapes to what broadcasts with one example."""
    rank = len(node.outputs[0].shape)
    shape = [1] * (rank - 1)
    shape[axis % rank - 1] = -1
    return Affine(*(values.reshape(shape) for values in affine))


def _flatten(field, node):
    """What `field` is behind a Flatten layer."""
    shape = node.input_tensors[0].shape[1:]
    if None in shape:
        raise NotExactError(f"{node.operation.name!r} has an unknown shape")
    field = (np.broadcast_to(values, shape) for values in field)
    if node.operation.data_format == "channels_first" and shape:
        field = (np.moveaxis(values, 0, -1) for values in field)
    return Affine(*(values.ravel() for values in field))


def _over_channels(field, reader):
    """The values of each input channel of a reader, if they are all alike."""
    layer, shape = reader.operation, reader.input_tensors[0].shape
    axis = channel_axis(layer, len(shape)) - 1
    others = field.scale.shape[:axis] + field.scale.shape[axis + 1 :]
    if any(size > 1 for size in others):
        raise NotExactError(f"its axis is not that of {layer.name!r}")
    return Affine(
        *(np.broadcast_to(v.ravel(), shape[axis + 1 : axis + 2]) for v in field)
    )


def _check_equal(first, second, layer):
    if not all(map(np.array_equal, first, second)):
        raise NotExactError(f"{layer.name!r} reads it in several layouts")
