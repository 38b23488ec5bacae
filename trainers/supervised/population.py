"""Statistics of a model's norms, estimated for its weights as they are."""

import math
import time

import keras
import tensorflow as tf

from ...layers.models.batches import StackedBatches
from ...layers.models.reestimation import (
    Reestimation,
    has_statistics,
    references_in,
)
from ...layers.numerics.restoring import remember, restore
from ..cluster.broadcast import broadcast_variables
from ..common.noise import noise_of_shares
from ..data import nested, pipeline
from ..run.reuse import UNSHARED

#: The epoch of the estimation's shuffle. Training has none before 0, however
#: many epochs are added to a run.
_EPOCH = -1


def find_population(model, data, config, models=UNSHARED):
    """Returns the `Population` of a run, or None if nothing is estimated.

    Args:
        model: of the run.
        data: its `Data`.
        config: its config.
        models: the `reuse.Models` that may keep what is traced.
    """
    if not config.population.examples or not has_statistics(model):
        return None

    found = models.kept_with(
        model, lambda: Reestimation(model, layerwise=False)
    )
    return Population(model, data, config, found)


class Population:
    """Estimates the statistics of a run's model from its training data.

    They are those of `reestimate_statistics` with `layerwise=False`, from
    batches of the training's size, in an order that no epoch of the training
    has: the same ones at each time, a function of the seed alone. A model
    whose norms know nothing but a reference batch has that refreshed.

    Args:
        model: of the run.
        data: its `Data`.
        config: its config.
        reestimation: the `Reestimation` of the model.

    Attributes:
        batches: how many batches are read at each time.
        examples: how many examples are in them.
        seconds: that the last estimation took, tracing included.
    """

    def __init__(self, model, data, config, reestimation):
        self._model = model
        self._reestimation = reestimation
        self.seconds = 0.0
        if not reestimation.reads:
            references = references_in(model)
            self.batches = len(references)
            self.examples = sum(x.reference[0].shape[0] for x in references)
            return
        steps = pipeline.steps_per_epoch(data.train, config.batch_size)
        wanted = math.ceil(config.population.examples / config.batch_size)
        self.batches = min(wanted, steps)
        self.examples = self.batches * config.batch_size
        self._train, self._config = data.train, config

    def estimate(self):
        """Sets the statistics of the model, alike on all workers."""
        start = time.perf_counter()
        self._reestimation(self._read() if self._reestimation.reads else None)
        # Each worker has read the same, but may compute another last bit.
        broadcast_variables(
            self._model.distribute_strategy,
            [v.value for v in self._model.non_trainable_variables],
        )
        self.seconds = time.perf_counter() - start

    def _read(self):
        config, epoch = self._config, tf.constant(_EPOCH, tf.int64)
        rows = pipeline.epoch_order(
            self._train.count, config.batch_size, config.seed, epoch
        ).numpy()[: self.batches]
        inputs = self._train.inputs
        batches = nested.each(lambda x: tf.constant(x[rows]), inputs)
        return StackedBatches(batches, self._train.prepare)

    def cost(self):
        """Returns what a result holds about the estimation."""
        return {
            "batches": self.batches,
            "examples": self.examples,
            "seconds": round(self.seconds, 3),
        }


class ValidateByPopulation(keras.callbacks.Callback):
    """Lends the validation of `fit` population statistics.

    Training has its moving ones back afterwards, bit by bit.

    Args:
        population: the `Population`.
        progress: the `Progress` of the run.
    """

    def __init__(self, population, progress):
        super().__init__()
        self.population = population
        self.progress = progress
        self._moving = []

    def on_test_begin(self, logs=None):
        """Estimates the statistics of the weights of this moment."""
        if self.progress.diverged:
            return
        local = self.model.distribute_strategy.experimental_local_results
        self._moving = remember(
            # Replicas may have statistics of their own.
            copy
            for variable in self.model.non_trainable_variables
            for copy in local(variable.value)
        )
        self.population.estimate()

    def on_test_end(self, logs=None):
        """Goes back to the moving statistics."""
        restore(self._moving)
        self._moving = []


def gap_warnings(result):
    """Returns sentences about accuracies that are too far apart.

    Args:
        result: of a run, as `DONE` holds it.
    """
    found = [
        gap_warning(result, result.get("test_examples")),
        _training_gap(result),
    ]
    return [sentence for sentence in found if sentence]


def gap_warning(result, test_examples):
    """Returns a sentence if the kind of statistics changes accuracy, or "".

    The two accuracies p and q of n examples differ by more than their noise if

        |p - q| > 1.96 sqrt((p (1 - p) + q (1 - q)) / n)

    Args:
        result: of a run, as `DONE` holds it.
        test_examples: n.
    """
    moving = result.get("test_accuracy_moving")
    accuracy = result.get("test_accuracy")
    if not _differ(moving, accuracy, test_examples):
        return ""
    examples = result["population"]["examples"]
    both = (
        f"test accuracy is {_percent(moving)} with moving statistics and "
        f"{_percent(accuracy)} with those of {examples:,} training examples."
    )
    if moving > accuracy:
        return f"Statistics differ: {both} Raise config.population.examples."
    return (
        f"Moving statistics lag behind: {both} Train for more steps or lower "
        "the norm's momentum."
    )


def _training_gap(result):
    """Returns a sentence if training and validation accuracy differ, or ""."""
    trained = result.get("train_accuracy")
    validated = result.get("validation_accuracy")
    # There are more training examples, but in as many the noise is no larger.
    if not _differ(trained, validated, result.get("validation_examples")):
        return ""
    return (
        f"Validation accuracy is {_percent(validated)}, but training accuracy "
        f"is {_percent(trained)} (mean over the last epoch, in training mode)."
    )


def _differ(p, q, count):
    if p is None or q is None or not count:
        return False
    return abs(p - q) > noise_of_shares(p, q, count)


def _percent(share):
    return f"{100 * share:.1f} %"
