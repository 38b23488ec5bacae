"""Moving statistics of batch norms, computed anew from a data set."""

import contextlib

import keras
import tensorflow as tf

from ..numerics.arithmetic import moments, normalize, spread, widen
from .batch_norms import batch_norms_in
from .batches import all_batches, first
from .call_hooks import depths, tapped
from .population import Population


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

    The layers themselves run in inference mode, dropout is off, and nothing
    but `moving_mean`, `moving_variance` (and `moving_stddev`, with renorm)
    changes; if an error occurs, nothing does. Frozen batch norms are estimated
    too; a batch norm that the model does not call, or whose positions are all
    masked, keeps its statistics. A batch norm that is called again behind
    itself sees its old statistics there.

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
        ValueError: the data set is infinite or empty, or the model has no batch
            norm.
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
    depth = depths(model, batch_norms_in(model), first(dataset))
    if not depth:
        raise ValueError(
            f"The model {model.name!r} calls no batch norm, so it has no "
            "moving statistics."
        )
    populations = {norm: Population(norm) for norm in depth}
    levels = _by_level(depth) if layerwise else [list(depth)]
    tap = _layerwise_tap if layerwise else _batchwise_tap
    progress = _progress_bar(dataset, len(levels), verbose)
    with tapped(depth, tap(populations)), _unchanged_on_error(populations):
        step = _inference_step(model)
        for norms in levels:
            for norm, population in populations.items():
                population.wanted.assign(norm in norms)
            for x in dataset:
                step(x)
                progress()
            for norm in norms:
                populations[norm].write()
    return len(levels)


def _by_level(depth):
    levels = [[] for _ in range(max(depth.values()) + 1)]
    for norm, level in depth.items():
        levels[level].append(norm)
    return levels


def _inference_step(model):
    def step(x):
        model(x, training=False)

    return tf.function(step, autograph=False, reduce_retracing=True)


def _layerwise_tap(populations):
    def tap(norm, call, inputs, mask):
        population = populations[norm]
        tf.cond(
            population.wanted,
            lambda: population.add(*_batch_moments(norm, inputs, mask)),
            lambda: None,
        )
        return call(inputs, training=False, mask=mask)

    return tap


def _batchwise_tap(populations):
    def tap(norm, call, inputs, mask):
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


@contextlib.contextmanager
def _unchanged_on_error(norms):
    variables = [v for norm in norms for v in norm.non_trainable_variables]
    values = [variable.numpy() for variable in variables]
    try:
        yield
    except BaseException:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        raise


def _progress_bar(dataset, passes, verbose):
    """Returns a function to call after each batch."""
    if not verbose:
        return lambda: None
    batches = int(dataset.cardinality())
    target = passes * batches if batches > 0 else None
    bar = keras.utils.Progbar(target, unit_name="batch")
    return lambda: bar.add(1)
