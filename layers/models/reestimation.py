"""Moving statistics of batch norms, computed again from a data set."""

import keras
import tensorflow as tf

from ..numerics.annotations import Structure
from ..numerics.restoring import restored
from ..numerics.tracing import graph_of
from ..references.refreshing import Refreshed
from .batch_norms import estimated_layers_in
from .batches import StackedBatches, all_batches, first, no_population
from .call_hooks import depths, tapped
from .inner_layers import inner_layers, state_variables
from .taps import Batchwise, Layerwise


def reestimate_statistics(
    model: keras.Model,
    dataset: tf.data.Dataset | Structure,
    layerwise: bool = True,
    batch_size: int = 32,
    verbose: int | str = "auto",
) -> int:
    """Sets the moving statistics of all batch norms to those of a data set.

    Moving averages lag behind the weights, are noisy after small batches, and
    are wrong after weights were averaged or the data changed. This function
    computes

        moving_mean = sum(x) / n,  moving_variance = sum((x - mean)^2) / n

    over all `n` unmasked positions of all examples, so a short last batch
    counts by its number of positions. Batches are merged by Chan's formula in
    float64.

    With `layerwise=True`, `x` are the inputs that the norm has **in
    inference**: everything before it, including other batch norms with their
    new statistics, runs in inference mode. The result does not depend on the
    batch size. Since a norm has to wait for those before it, the data set is
    read once per level: as many times as there are batch norms in the longest
    chain.

    With `layerwise=False`, the data set is read once, and the norms before a
    norm normalize with their own batch, as in training ("precise batch norm").
    Norms without another one before them get the same statistics either way.

    `BatchNormLSTM`, `BatchNormGRU` and `BatchNormSimpleRNN` count as one norm.
    The statistics of a time step are those of all examples that reach it. With
    `layerwise=False`, each batch is normalized with its own statistics at the
    earlier steps. With `layerwise=True`, the new statistics are used there; for
    this, all inputs of the layer are kept in memory, and the model runs without
    `tf.function`. With one row for all steps (`per_timestep=False`), a norm
    then uses its old statistics at earlier steps, and the norms before it use
    their new ones.

    Other layers run in inference mode, without dropout, and only the moving
    statistics change: the states of stateful layers and of seed generators
    remain. If an error occurs, nothing changes at all. A `ReferenceModel` is
    refreshed. Frozen batch norms are estimated, too. A batch norm that the
    model does not call, or whose positions are all masked, keeps its
    statistics. Where a batch norm receives its own earlier output, that output
    was computed with its old statistics.

    Args:
        model: any Keras model, with Keras' batch norms or ours at any depth.
        dataset: a finite `tf.data.Dataset` of batches, `x`, `(x, y)` or
            `(x, y, weights)` as for `model.fit`; or arrays: one, or the
            structure of several that the model takes.
        layerwise: see above.
        batch_size: for arrays; with `layerwise` it affects only the speed.
        verbose: 0 is silent; 1 or `"auto"` shows a progress bar.

    Returns:
        The number of times that the data set was read.

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
    reestimation = Reestimation(model, layerwise)
    return reestimation(dataset, _progress_bar(dataset, verbose))


class Reestimation:
    """Sets a model's moving statistics again and again, and is traced once.

    See `reestimate_statistics`. A model that stays the same in all but its
    variables can be kept with its `Reestimation`: after the first call, the
    others take no time for tracing.

    Args:
        model: any Keras model.
        layerwise: as in `reestimate_statistics`.

    Attributes:
        reads: whether it needs data; a reference alone does not.

    Raises:
        ValueError: the model has neither a batch norm nor a reference.
    """

    def __init__(self, model, layerwise=True):
        if not has_statistics(model):
            raise _nothing_to_estimate(model)
        norms = estimated_layers_in(model)
        self.reads = bool(norms)
        self._model = model
        self._tap = (Layerwise if layerwise else Batchwise)(norms)
        self._populations = self._tap.populations
        self._layerwise = layerwise
        self._levels = None
        self._step = _inference_step(model, self._tap.eager)
        self._steps = graph_of(self._inference_steps)

    def __call__(self, dataset, progress=lambda total: None):
        """Estimates the statistics; returns how often the data were read.

        Args:
            dataset: a finite `tf.data.Dataset` of what the model is called on,
                or `StackedBatches`; None unless it `reads`.
            progress: function that is called after each batch of a data set,
                with the number of passes over the data.

        Raises:
            ValueError: the data set is empty, or the model calls no batch
                norm and has no reference.
        """
        if self._levels is None:
            self._levels = self._find_levels(dataset)
        for population in self._populations.values():
            population.reset()
        state = state_variables(self._model)
        with restored(state, only_on_error=True):
            refresh_references(self._model)
            for norms in self._levels:
                self._read(dataset, norms, state, progress)
                for norm in norms:
                    self._populations[norm].write()
                refresh_references(self._model)
        return len(self._levels)

    def _find_levels(self, dataset):
        if not self.reads:
            return []
        if not self._layerwise:
            return [list(self._populations)]
        depth = depths(self._model, list(self._populations), first(dataset))
        self._check_called(depth)
        return _by_level(depth)

    def _check_called(self, called):
        if not called and not references_in(self._model):
            raise _nothing_to_estimate(self._model)

    def _read(self, dataset, norms, state, progress):
        for norm, population in self._populations.items():
            population.want(norm in norms)
        # Among them are the statistics, which are written behind.
        with restored(state), tapped(self._populations, self._tap):
            if isinstance(dataset, StackedBatches) and not self._tap.eager:
                self._steps(dataset.inputs, dataset.prepare)
            else:
                self._take_steps(dataset, progress)
        self._check_called(self._tap.called)

    def _take_steps(self, dataset, progress):
        empty = True
        for x in dataset:
            self._step(x)
            progress(len(self._levels))
            empty = False
        if empty:
            raise no_population()

    def _inference_steps(self, inputs, prepare):
        batches = StackedBatches(inputs, prepare)

        def step(i):
            self._model(batches.batch(i), training=False)
            return i + 1

        count = len(batches)
        tf.while_loop(lambda i: i < count, step, [0], parallel_iterations=1)


def has_statistics(model):
    """Returns whether there is anything in a model to be re-estimated."""
    return bool(estimated_layers_in(model) or references_in(model))


def _nothing_to_estimate(model):
    return ValueError(
        f"The model {model.name!r} calls no batch norm, so it has no moving "
        "statistics."
    )


def references_in(model):
    """Returns those with a reference batch in a model, itself among them."""
    layers = inner_layers(model)
    return [layer for layer in layers if isinstance(layer, Refreshed)]


def refresh_references(model):
    """Lets all of them in a model remember, for its weights."""
    for layer in references_in(model):
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
    return graph_of(step, reduce_retracing=True)


def _progress_bar(dataset, verbose):
    """Returns a function to call after each batch with the passes."""
    if not verbose:
        return lambda passes: None
    batches = int(dataset.cardinality())
    bar = keras.utils.Progbar(None, unit_name="batch")

    def progress(passes):
        bar.target = passes * batches if batches > 0 else None
        bar.add(1)

    return progress
