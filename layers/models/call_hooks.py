"""A look at what the batch norms inside any model are given."""

import contextlib
import functools

import tensorflow as tf


@contextlib.contextmanager
def tapped(layers, tap):
    """Replaces the `call` of layers while the context is active.

    Args:
        layers: batch norms, wherever they are.
        tap: a function `tap(layer, call, inputs, mask)` that returns what the
            layer returns; `call` is the layer's own.
    """

    def bind(layer, call):
        def tapped_call(inputs, training=None, mask=None):
            return tap(layer, call, inputs, mask)

        return tapped_call

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
        outputs = tf.identity(call(inputs, training=False, mask=mask))
        if inputs.graph is self._graph:
            front = self._nearest(inputs) | self._inner
            self._makers[outputs.op.name] = norm
        else:
            # In the body of a loop or of a function: what leads there is not
            # looked into, so everything before it counts.
            front = set(self.fronts)
            self._inner.add(norm)
        self.fronts.setdefault(norm, set()).update(front)
        return outputs

    def _nearest(self, tensor):
        found, seen, pending = set(), set(), [tensor.op]
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
