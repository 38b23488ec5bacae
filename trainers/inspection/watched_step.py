"""One training step as it happens, with nothing changed by it."""

import collections
import contextlib

import keras
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
        A function of a batch, which may be that of several replicas. It returns
        for each norm what `norm_measures` describes, `{}` if the step does not
        call it, and for recurrent layers `"gradient_norm_through_time"`, see
        `gradients_over_time`; and for each trainable weight its gradient, None
        if there is none. Gradients are those of all replicas, and the rest is
        what the first one sees.
    """
    inside = {id(x) for found in norms_in_cells(model).values() for x in found}
    outside = [norm for norm in norms if id(norm) not in inside]
    strategy, weights = model.distribute_strategy, model.trainable_weights
    variables = _on_each_device(strategy, _changed_by_a_step(model))

    def watch(batch):
        notes = _Notes(model)

        def step(batch):
            model.train_step(batch)
            return notes.of_replica(norms, weights)

        with (
            restored(variables),
            watched(outside, notes.call, gradients_over_time(notes.inputs)),
            watched_loops(model, norms, notes.steps, notes.sites),
            _kept_gradients(model, notes.gradient),
        ):
            seen, squares, gradients = strategy.run(step, args=(batch,))
        parts = strategy.experimental_local_results
        seen = tf.nest.map_structure(lambda x: parts(x)[0], seen)
        for place, each in squares.items():
            steps = tf.sqrt(tf.add_n(parts(each)))
            seen[place]["gradient_norm_through_time"] = steps
        gradients = {k: tf.add_n(parts(x)) for k, x in gradients.items()}
        return seen, [gradients.get(place) for place in range(len(weights))]

    return graph_of(watch, reduce_retracing=True)


class _Notes:
    """What is noted while a step is traced, of each replica.

    What is in other graphs than the step's, as of the body of a loop, is left
    out.

    Args:
        model: whose step it is.
    """

    def __init__(self, model):
        self._model = model
        self._graph = tf.compat.v1.get_default_graph()
        # Replica -> id of a norm or a weight -> what is noted of it.
        self._seen, self._squares, self._gradients = (
            collections.defaultdict(dict) for _ in range(3)
        )

    def call(self, norm, inputs, outputs, mask):
        """Notes a call of a norm."""
        if self._is_here(outputs):
            # A recurrent layer may have a list, of its states as well.
            mask = mask if tf.is_tensor(mask) else None
            self._add(norm, describe(norm, inputs, outputs, mask))

    def steps(self, norm, *found):
        """Notes what `watched_loops` tells of a norm in a cell."""
        self._add(norm, describe_steps(norm, *found))

    def sites(self, norm, *found):
        """Notes what `watched_loops` tells of a recurrent layer."""
        self._add(norm, describe_sites(*found))

    def _add(self, norm, found):
        if not all(map(self._is_here, found.values())):
            return
        self._seen[_replica()].setdefault(id(norm), {}).update(found)

    def inputs(self, norm, squares):
        """Notes the squares of the gradient to a recurrent layer's input."""
        if self._is_here(squares):
            squares /= _scale_of(self._model) ** 2
            self._squares[_replica()][id(norm)] = squares

    def gradient(self, weight, gradient):
        """Notes the gradient of a weight."""
        if self._is_here(gradient):
            self._gradients[_replica()][id(weight)] = gradient

    def _is_here(self, tensor):
        return getattr(tensor, "graph", None) is self._graph

    def of_replica(self, norms, weights):
        """Returns what was noted of this replica, by the places in lists.

        Returns:
            For each norm what was seen; place of a norm -> squares; place of a
            weight -> gradient.
        """
        number = _replica()
        seen = self._seen[number]
        return (
            [seen.get(id(norm), {}) for norm in norms],
            _by_place(self._squares[number], norms),
            _by_place(self._gradients[number], weights),
        )


def _by_place(found, items):
    return {
        place: found[id(item)]
        for place, item in enumerate(items)
        if id(item) in found
    }


def _replica():
    """Returns the number of the replica that is traced."""
    context = tf.distribute.get_replica_context()
    return int(tf.get_static_value(context.replica_id_in_sync_group))


def _on_each_device(strategy, variables):
    """Returns the `tf.Variable`s that variables consist of, each once."""
    found = {}
    for variable in variables:
        is_keras = isinstance(variable, keras.Variable)
        whole = variable.value if is_keras else variable
        for part in strategy.experimental_local_results(whole):
            found[id(part)] = part
    return list(found.values())


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
