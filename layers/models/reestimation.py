"""Moving statistics of batch norms, computed again from a data set."""

import keras
import tensorflow as tf

from ..norms.reference_model import ReferenceModel
from ..numerics.arithmetic import moments, normalize, spread, widen
from ..numerics.restoring import restored
from .batch_norms import estimated_layers_in, is_recurrent
from .batches import all_batches, first
from .call_hooks import depths, tapped
from .inner_layers import inner_layers, state_variables
from .population import Population
from .recurrent_population import RecurrentPopulation, states_of


def reestimate_statistics(
    model, dataset, layerwise=True, batch_size=32, verbose="auto"
):
    """Sets the moving statistics of all batch norms to those of a data set.

    Moving averages lag behind the weights, are noisy after small batches and
    wrong after the weights were averaged or the data changed. Here

        moving_mean = sum(x) / n,  moving_variance = sum((x - mean)^2) / n

    over all `n` unmasked positions of all examples: a short last batch counts
    as much as it has positions. Batches are merged by Chan's formula in
    float64.

    Which `x`? With `layerwise=True` the inputs that the norm has **in
    inference**: everything in front of it, other batch norms with their new
    statistics included, runs in inference mode. This does not depend on the
    batch size. A norm has to wait for those in front of it, so the data set is
    read once per level: as many times as batch norms stand one behind the
    other.

    With `layerwise=False` the data set is read once: the norms in front
    normalize by their own batch, as in training ("precise batch norm"). Norms
    without another one in front get the same statistics either way.

    The statistics of each step of `BatchNormLSTM`, `BatchNormGRU` and
    `BatchNormSimpleRNN` are those of all examples that reach the step, each
    normalized at the steps before by the new statistics. Such a layer counts as
    one norm; all that it is given is kept in memory, and the model runs without
    `tf.function`. With one row for all steps (`per_timestep=False`) a norm sees
    its old statistics at the step before, and those in front of it the new
    ones.

    The layers themselves run in inference mode, dropout is off, and nothing
    but the moving statistics changes: the states of stateful layers and of seed
    generators are as before. If an error occurs, nothing changes at all. A
    `ReferenceModel` is refreshed. Frozen batch norms are estimated too; a batch
    norm that the model does not call, or whose positions are all masked, keeps
    its statistics. A batch norm that is called again behind itself sees its old
    statistics there.

    Args:
        model: any Keras model, with Keras' batch norms or ours at any depth.
        dataset: a finite `tf.data.Dataset` of batches, `x`, `(x, y)` or
            `(x, y, weights)` as for `model.fit`; or arrays: one, or the
            structure of several that the model takes.
        layerwise: see above.
        batch_size: for arrays; it only affects speed, if `layerwise`.
        verbose: 0 is silent; 1 or `"auto"` shows a progress bar.

    Returns:
        How many times the data set was read.

    Raises:
        ValueError: the data set is infinite or empty, or the model has neither
            a batch norm nor a reference.
        TypeError: `dataset` cannot be read several times.

    Example:

    >>> import keras, numpy as np
    >>> from normzoo import layers
    >>> model = keras.Sequential([
    ...     keras.Input((3,)), keras.layers.BatchNormalization()])
    >>> x = np.array([[0.0, 1.0, 2.0], [4.0, 1.0, 6.0]], "float32")
    >>> layers.reestimate_statistics(model, x, verbose=0)
    1
    >>> model.layers[0].moving_mean.numpy().tolist()
    [2.0, 1.0, 4.0]
    >>> model.layers[0].moving_variance.numpy().tolist()
    [4.0, 0.0, 4.0]

    Reference:

    - [Wu and Johnson, 2021](https://arxiv.org/abs/2105.07576), section 3.
    - [Chan et al., 1979](http://i.stanford.edu/pub/cstr/reports/cs/tr/79/773/CS-TR-79-773.pdf).
    """
    dataset = all_batches(dataset, batch_size)
    depth = depths(model, estimated_layers_in(model), first(dataset))
    if not depth and not _references(model):
        raise ValueError(
            f"The model {model.name!r} calls no batch norm, so it has no "
            "moving statistics."
        )
    populations = {norm: _population(norm) for norm in depth}
    levels = _by_level(depth) if layerwise else [list(depth)]
    tap = _layerwise_tap if layerwise else _batchwise_tap
    progress = _progress_bar(dataset, len(levels), verbose)
    step = _inference_step(model, eager=any(map(is_recurrent, depth)))
    state = state_variables(model)
    with restored(state, only_on_error=True):
        _refresh(model)
        for norms in levels:
            for norm, population in populations.items():
                population.want(norm in norms)
            # Among them are the statistics, which are written behind.
            with restored(state), tapped(depth, tap(populations)):
                for x in dataset:
                    step(x)
                    progress()
            for norm in norms:
                populations[norm].write()
            _refresh(model)
    return len(levels)


def _population(norm):
    return (RecurrentPopulation if is_recurrent(norm) else Population)(norm)


def _references(model):
    layers = inner_layers(model)
    return [layer for layer in layers if isinstance(layer, ReferenceModel)]


def _refresh(model):
    for layer in _references(model):
        layer.refresh()


def _by_level(depth):
    levels = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for norm, level in depth.items():
        levels[level].append(norm)
    return levels


def _inference_step(model, eager):
    def step(x):
        model(x, training=False)

    if eager:
        return step
    return tf.function(step, autograph=False, reduce_retracing=True)


def _layerwise_tap(populations):
    def tap(norm, call, inputs, mask):
        population = populations[norm]
        if is_recurrent(norm):
            if population.wanted:
                population.add(inputs, mask, states_of(norm, call))
            return call(inputs, training=False, mask=mask)
        tf.cond(
            population.wanted,
            lambda: population.add(*_batch_moments(norm, inputs, mask)),
            lambda: None,
        )
        return call(inputs, training=False, mask=mask)

    return tap


def _batchwise_tap(populations):
    def tap(norm, call, inputs, mask):
        if is_recurrent(norm):
            population, states = populations[norm], states_of(norm, call)
            if norm.trainable:
                population.add_alone(inputs, mask, states)
            else:
                population.add(inputs, mask, states)
            return call(inputs, training=False, mask=mask)
        mean, variance, count = _batch_moments(norm, inputs, mask)
        populations[norm].add(mean, variance, count)
        if not norm.trainable:
            return call(inputs, training=False, mask=mask)
        x = widen(inputs)
        affine = (spread(w, [norm.axis], x) for w in (norm.gamma, norm.beta))
        outputs = normalize(x, mean, variance, norm.epsilon, *affine)
        return tf.cast(outputs, norm.compute_dtype)

    return tap


def _batch_moments(norm, inputs, mask):
    rank = len(inputs.shape)
    axes = [axis for axis in range(rank) if axis != norm.axis % rank]
    if mask is not None:
        mask = tf.cast(mask, tf.bool)[..., None]
    return moments(widen(inputs), axes, mask)


def _progress_bar(dataset, passes, verbose):
    """Returns a function to call after each batch."""
    if not verbose:
        return lambda: None
    batches = int(dataset.cardinality())
    target = passes * batches if batches > 0 else None
    bar = keras.utils.Progbar(target, unit_name="batch")
    return lambda: bar.add(1)
