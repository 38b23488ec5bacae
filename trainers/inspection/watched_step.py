"""One training step as it happens, with nothing changed by it."""

import contextlib

import tensorflow as tf

from ...layers.models.call_hooks import watched
from ...layers.models.inner_layers import state_variables
from ...layers.numerics.restoring import restored
from ...layers.numerics.tracing import graph_of
from ..run.state import optimizers_of
from .inner_norms import norms_in_cells, watched_loops
from .input_gradients import gradients_over_time
from .norm_measures import describe, describe_sites, describe_steps


def step_watcher(model, norms):
    """Returns a graph of a batch that takes the model's own training step.

    The step's gradients are kept instead of applied, and all variables get
    their values back: the model is afterwards as it was. What happens inside
    the body of a loop or a condition is not seen, but for that of a recurrent
    layer.

    Args:
        model: compiled.
        norms: layers in it.

    Returns:
        A function of a batch. It returns for each norm what `norm_measures`
        describes, `{}` if the step does not call it, and for recurrent
        layers `"gradient_norm_through_time"`, see `gradients_over_time`; and
        for each trainable weight its gradient, None if there is none.
    """
    inside = {id(x) for found in norms_in_cells(model).values() for x in found}
    outside = [norm for norm in norms if id(norm) not in inside]
    variables = {id(v): v for v in _changed_by_a_step(model)}

    def watch(batch):
        graph = tf.compat.v1.get_default_graph()
        seen, gradients = {}, {}

        def note(norm, inputs, outputs, mask):
            if getattr(outputs, "graph", None) is graph:
                # A recurrent layer may have a list, of its states as well.
                mask = mask if tf.is_tensor(mask) else None
                found = describe(norm, inputs, outputs, mask)
                seen.setdefault(id(norm), {}).update(found)

        def note_steps(norm, *found):
            seen.setdefault(id(norm), {}).update(describe_steps(norm, *found))

        def note_sites(norm, *found):
            seen.setdefault(id(norm), {}).update(describe_sites(*found))

        def keep_input(norm, squares):
            if getattr(squares, "graph", None) is graph:
                steps = tf.sqrt(squares) / _scale_of(model)
                found = {"gradient_norm_through_time": steps}
                seen.setdefault(id(norm), {}).update(found)

        def keep(weight, gradient):
            if getattr(gradient, "graph", None) is graph:
                gradients[id(weight)] = gradient

        with (
            restored(list(variables.values())),
            watched(outside, note, gradients_over_time(keep_input)),
            watched_loops(model, norms, note_steps, note_sites),
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


def _scale(optimizer):
    """Returns what an optimizer has scaled the loss by, in float64."""
    scale = getattr(optimizer, "dynamic_scale", None)
    return tf.cast(1.0 if scale is None else scale, tf.float64)


def _scale_of(model):
    """Returns the largest one: a model's optimizers have the same."""
    return tf.reduce_max([_scale(o) for o in optimizers_of(model).values()])


@contextlib.contextmanager
def _kept_gradients(model, keep):
    """Gives the gradients to `keep`, and lets no optimizer apply them."""
    optimizers = optimizers_of(model).values()

    def replaced(optimizer):
        scaled = getattr(optimizer, "dynamic_scale", None) is not None

        def apply(gradients, weights=None):
            weights = model.trainable_weights if weights is None else weights
            for weight, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    gradient = tf.convert_to_tensor(gradient)
                    if scaled:
                        by = tf.cast(_scale(optimizer), tf.float32)
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
