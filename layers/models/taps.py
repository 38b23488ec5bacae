"""What batch norms do while a population is counted."""

import tensorflow as tf

from ..numerics.affine import modulated
from ..numerics.arithmetic import moments, normalize, spread, widen
from .batch_norms import is_recurrent
from .population import Population
from .recurrent_population import RecurrentPopulation, states_of
from .row_population import RowPopulation


class Layerwise:
    """Counts inputs, and normalizes by the moving statistics.

    Args:
        norms: batch norms and recurrent layers.

    Attributes:
        populations: norm -> what has been counted.
        called: the norms that the model has called.
        eager: whether the model has to run without `tf.function`.
    """

    def __init__(self, norms):
        self.populations = {
            norm: RecurrentPopulation(norm)
            if is_recurrent(norm)
            else Population(norm)
            for norm in norms
        }
        self.called = set()
        self.eager = any(map(is_recurrent, norms))

    def __call__(self, norm, call, inputs, mask):
        """Stands in for `call`; see `call_hooks.tapped`."""
        self.called.add(norm)
        population = self.populations[norm]
        if is_recurrent(norm):
            if population.wanted:
                population.add(inputs, mask, states_of(norm, call))
        else:
            tf.cond(
                population.wanted,
                lambda: population.add(*_batch_moments(norm, inputs, mask)),
                lambda: None,
            )
        return call(inputs, training=False, mask=mask)


class Batchwise:
    """Counts inputs, and normalizes by each batch, as training does.

    A frozen norm normalizes by its moving statistics in training, too.

    Args and attributes are those of `Layerwise`.
    """

    def __init__(self, norms):
        self.populations = {norm: _batchwise(norm) for norm in norms}
        self.called = set()
        self.eager = any(
            isinstance(each, RecurrentPopulation)
            for each in self.populations.values()
        )

    def __call__(self, norm, call, inputs, mask):
        """Stands in for `call`; see `call_hooks.tapped`."""
        self.called.add(norm)
        population = self.populations[norm]
        if isinstance(population, RowPopulation):
            return population.add_from(call, inputs, mask)
        if is_recurrent(norm):
            population.add(inputs, mask, states_of(norm, call))
            return call(inputs, training=False, mask=mask)
        mean, variance, count = _batch_moments(norm, inputs, mask)
        population.add(mean, variance, count)
        if not norm.trainable:
            return call(inputs, training=False, mask=mask)
        if hasattr(norm, "normalize_by"):  # by a formula of its own
            return norm.normalize_by(inputs, variance, mask)
        x = widen(inputs)
        if getattr(norm, "virtual_batch_size", None):
            outputs, _ = norm.normalize_by_groups(inputs, mask)
        else:
            gamma = spread(norm.gamma, [norm.axis], x)
            beta = spread(norm.beta, [norm.axis], x)
            outputs = normalize(x, mean, variance, norm.epsilon, gamma, beta)
        outputs = modulated(outputs, call.keywords.get("modulation"))
        return tf.cast(outputs, norm.compute_dtype)


def _batchwise(norm):
    if not is_recurrent(norm):
        return Population(norm)
    return (RowPopulation if norm.trainable else RecurrentPopulation)(norm)


def _batch_moments(norm, inputs, mask):
    rank = len(inputs.shape)
    axes = [axis for axis in range(rank) if axis != norm.axis % rank]
    if mask is not None:
        mask = tf.cast(mask, tf.bool)[..., None]
    return moments(widen(inputs), axes, mask)
