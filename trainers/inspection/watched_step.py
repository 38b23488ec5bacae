"""One training step as it happens, with nothing changed by it."""

import contextlib

import tensorflow as tf

from ...layers.models.call_hooks import watched
from ...layers.models.inner_layers import state_variables
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of
from ..run.state import optimizers_of

#: Of the inputs and outputs of a norm, evenly spaced ones.
_MOST_VALUES = 4096


def step_watcher(model, norms, describe):
    """Returns a graph of a batch that takes the model's own training step.

    The step's gradients are kept instead of applied, and all variables get
    their values back: the model is afterwards as it was. What happens inside
    the body of a loop or a condition is not seen.

    Args:
        model: compiled.
        norms: layers in it.
        describe: function of a norm, its inputs and outputs that returns name
            -> tensor.

    Returns:
        A function of a batch. It returns for each norm what `describe`
        has returned, `{}` if the step does not call it; and for each trainable
        weight its gradient, None if there is none.
    """
    variables = {id(v): v for v in _changed_by_a_step(model)}

    def watch(batch):
        graph = tf.compat.v1.get_default_graph()
        seen, gradients = {}, {}

        def note(norm, inputs, outputs):
            if getattr(outputs, "graph", None) is graph:
                seen[id(norm)] = describe(norm, inputs, outputs)

        def keep(weight, gradient):
            if getattr(gradient, "graph", None) is graph:
                gradients[id(weight)] = gradient

        with (
            restored(list(variables.values())),
            watched(norms, note),
            _kept_gradients(model, keep),
        ):
            model.train_step(batch)
        return (
            [seen.get(id(norm), {}) for norm in norms],
            [gradients.get(id(w)) for w in model.trainable_weights],
        )

    return graph_of(watch, reduce_retracing=True)


def _changed_by_a_step(model):
    yield from model.trainable_variables
    yield from state_variables(model)
    yield from model.metrics_variables
    for optimizer in optimizers_of(model).values():
        yield from optimizer.variables


@contextlib.contextmanager
def _kept_gradients(model, keep):
    """Gives the gradients to `keep`, and lets no optimizer apply them."""
    optimizers = optimizers_of(model).values()

    def replaced(optimizer):
        scale = getattr(optimizer, "dynamic_scale", None)

        def apply(gradients, weights=None):
            weights = model.trainable_weights if weights is None else weights
            for weight, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    gradient = tf.convert_to_tensor(gradient)
                    if scale is not None:
                        by = tf.cast(tf.convert_to_tensor(scale), tf.float32)
                        gradient = tf.cast(gradient, tf.float32) / by
                    keep(weight, gradient)

        return apply

    try:
        for optimizer in optimizers:
            vars(optimizer)["apply"] = replaced(optimizer)
        yield
    finally:
        for optimizer in optimizers:
            vars(optimizer).pop("apply", None)


def sampled(x):
    """Returns up to 4,096 evenly spaced elements of a tensor, as float32."""
    flat = tf.reshape(x, [-1])
    stride = tf.maximum(tf.size(flat) // _MOST_VALUES, 1)
    return tf.cast(flat[::stride], tf.float32)
