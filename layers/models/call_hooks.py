"""A look at what the norms inside any model are given."""

import contextlib
import functools
import inspect

import keras
import tensorflow as tf

from ..numerics.affine import Modulation


@contextlib.contextmanager
def tapped(layers, tap):
    """Replaces the `call` of layers while the context is active.

    Args:
        layers: batch norms, wherever they are.
        tap: a function `tap(layer, call, inputs, mask)` that returns what the
            layer returns; `call` is the layer's own, a `functools.partial`
            with the arguments besides `inputs`, `training` and `mask`.
    """

    def bind(layer, call):
        names = list(inspect.signature(call).parameters)

        def tapped_call(*args, **kwargs):
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            inputs, mask = given.pop(names[0]), given.pop("mask", None)
            given.pop("training", None)
            return tap(layer, functools.partial(call, **given), inputs, mask)

        return tapped_call

    with _bound(layers, bind):
        yield


@contextlib.contextmanager
def watched(layers, note, enter=lambda layer, inputs: inputs):
    """Tells what layers are given and return while the context is active.

    Args:
        layers: of any kind, wherever they are.
        note: a function `note(layer, inputs, outputs, mask)`, which is called
            after the layer.
        enter: a function `enter(layer, inputs)` that returns what the layer is
            given instead.
    """

    def bind(layer, call):
        signature = inspect.signature(call)

        def noted_call(inputs, *args, **kwargs):
            given = signature.bind(inputs, *args, **kwargs).arguments
            outputs = call(enter(layer, inputs), *args, **kwargs)
            note(layer, inputs, outputs, given.get("mask"))
            return outputs

        return noted_call

    with _bound(layers, bind):
        yield


@contextlib.contextmanager
def _bound(layers, bind):
    """Replaces `call` by what `bind` makes of a layer and its `call`."""
    try:
        for layer in layers:
            vars(layer)["call"] = bind(layer, layer.call)
        yield
    finally:
        for layer in layers:
            vars(layer).pop("call", None)


def depths(model, norms, x):
    """Returns how many batch norms stand in front of each one, at most.

    The model is traced in inference mode, not run, so it may be of any kind.

    Args:
        model: the model.
        norms: its batch norms.
        x: what the model is called on.

    Returns:
        Dict, batch norm that the model calls -> 0 for those whose inputs come
        from no other, and so on. A norm that is called again behind itself
        does not count itself.
    """
    recorder = _Recorder()
    with tapped(norms, recorder.tap):
        trace = functools.partial(recorder.trace, model)
        tf.function(trace, autograph=False).get_concrete_function(x)
    depth = dict.fromkeys(recorder.fronts, 0)
    for _ in depth:
        for norm, front in recorder.fronts.items():
            others = [depth[other] + 1 for other in front if other is not norm]
            depth[norm] = max(others, default=0)
    return depth


class _Recorder:
    """Notes which batch norms a batch norm's input is computed from.

    Attributes:
        fronts: dict, batch norm -> set of the nearest ones in front of it.
    """

    def __init__(self):
        self.fronts = {}
        self._graph = None
        self._makers = {}
        self._inner = set()

    def trace(self, model, x):
        self._graph = tf.compat.v1.get_default_graph()
        model(x, training=False)

    def tap(self, norm, call, inputs, mask):
        outputs = call(inputs, training=False, mask=mask)
        outputs = keras.tree.map_structure(tf.identity, outputs)
        if inputs.graph is self._graph:
            # Those that are captured from outside depend on no norm.
            others = map(_tensors_of, call.keywords.values())
            given = keras.tree.flatten([inputs, *others])
            given = [x for x in given if getattr(x, "graph", 0) is self._graph]
            front = self._nearest(given) | self._inner
            for output in keras.tree.flatten(outputs):
                self._makers[output.op.name] = norm
        else:
            # In the body of a loop or of a function: what leads there is not
            # looked into, so everything before it counts.
            front = set(self.fronts)
            self._inner.add(norm)
        self.fronts.setdefault(norm, set()).update(front)
        return outputs

    def _nearest(self, tensors):
        found, seen = set(), set()
        pending = [tensor.op for tensor in tensors]
        while pending:
            operation = pending.pop()
            if operation.name in seen:
                continue
            seen.add(operation.name)
            if operation.name in self._makers:
                found.add(self._makers[operation.name])
            else:
                pending += [source.op for source in operation.inputs]
        return found


def _tensors_of(argument):
    """Returns what an argument of `call` holds, a nest of tensors."""
    if isinstance(argument, Modulation):
        return [argument.gamma, argument.beta]
    return argument
