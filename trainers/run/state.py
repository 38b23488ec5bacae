"""Everything about a model that training changes."""

import keras
import tensorflow as tf


def build_state(model, batch):
    """Creates the variables that Keras would create in the first training step.

    Nothing is computed, and no variable that is there already changes.

    Args:
        model: compiled.
        batch: structure of tensors or specs like one training batch.
    """
    optimizer = model.optimizer
    with model.distribute_strategy.scope():
        if not model.built or not _has_metrics(model, batch):
            symbols = tf.nest.map_structure(_symbol, batch)
            x, y, weights = keras.utils.unpack_x_y_sample_weight(symbols)
            _Evaluation(model).compute_output_spec(x, y, weights)
        if optimizer is not None and not optimizer.built:
            optimizer.build(model.trainable_variables)


def has_all_variables(model):
    """Whether Keras has created all variables, as the first step does."""
    optimizers = optimizers_of(model).values()
    return model.built and _are_built([*model.metrics, *optimizers])


def _are_built(parts):
    return all(getattr(part, "built", True) for part in parts)


def _has_metrics(model, batch):
    """Whether the variables of all metrics are there."""
    if not _are_built(model.metrics):
        return False
    _, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
    # Of several outputs the loss of each is measured, too.
    losses = (metric.name.endswith("_loss") for metric in model.metrics)
    return not tf.nest.is_nested(labels) or any(losses)


def _symbol(spec):
    return keras.KerasTensor(spec.shape, tf.as_dtype(spec.dtype).name)


class _Evaluation(keras.Operation):
    """Predictions, metrics and loss of a model, as in Keras' `test_step`.

    The first use of compiled metrics and losses creates their variables, even
    if it is a symbolic one, of which Keras discards all assignments.
    """

    def __init__(self, model):
        super().__init__()
        self._model = model

    def call(self, x, y, sample_weight):
        """Returns the predictions."""
        predictions = self._model(x, training=False)
        self._model.compute_metrics(x, y, predictions, sample_weight)
        if self._model.loss is not None:
            self._model.compute_loss(
                x, y, predictions, sample_weight, training=False
            )
        return predictions


def optimizers_of(model):
    """Returns attribute name -> Keras optimizer."""
    return {
        name: value
        for name, value in sorted(vars(model).items())
        if isinstance(value, keras.optimizers.Optimizer)
    }


def steps_of(model):
    """Returns the steps so far, of the optimizer that has most."""
    optimizers = optimizers_of(model).values()
    counts = [tf.convert_to_tensor(o.iterations) for o in optimizers]
    return max(map(int, counts), default=0)


def variables_of(model, averages=False):
    """Returns all variables that training changes, in named groups.

    - `"model"`: weights, statistics and the states of seed generators;
    - `"metrics"`: those of its metrics;
    - one group for each optimizer that is an attribute of the model, with its
      loss scale, if it has one.

    Args:
        model: with all its variables.
        averages: whether optimizers may average the weights. Keras puts the
            average into the weights whenever `fit` ends, so that training
            cannot go on by another `fit`.

    Returns:
        Name of the group -> list of `tf.Variable`, in a fixed order.

    Raises:
        ValueError: an optimizer is not built, or averages the weights and may
            not.
    """
    groups = {"model": model.variables, "metrics": model.metrics_variables}
    for name, optimizer in optimizers_of(model).items():
        if not optimizer.built:
            raise ValueError(
                f"The optimizer {name!r} has no variables yet. Call its "
                "build() with the variables that it trains."
            )
        if _averages_weights(optimizer) and not averages:
            raise ValueError(
                f"The optimizer {name!r} has use_ema=True, which cannot be "
                "resumed. Keep a copy of the model and average into it."
            )
        groups[name] = optimizer.variables
    return {
        name: [variable.value for variable in variables]
        for name, variables in groups.items()
    }


def _averages_weights(optimizer):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner.use_ema
