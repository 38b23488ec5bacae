"""What one of several runs computes, as functions of its variables."""

import keras
import tensorflow as tf

from ...layers.models.reestimation import refresh_references
from .dropout_rates import dropping
from .vectorizing import NotVectorizableError


class OneRun:
    """The step, the test and the refreshing of one run.

    They are functions from tensors to tensors, of Keras' own `compute_loss` and
    `compute_metrics`, to be mapped over the runs of a stack. The model lends
    its layers, and its variables are not changed.

    Args:
        model: compiled, with all variables.
        optimizer: the `StackedOptimizer`, for what is done before it takes a
            step.

    Attributes:
        beginning: values of the metrics' variables at the beginning.
    """

    def __init__(self, model, optimizer):
        self._model = model
        self._optimizer = optimizer
        model.reset_metrics()
        self.beginning = [tf.identity(v.value) for v in model.metrics_variables]

    def step(self, arguments):
        """Takes one step, but for the update of the weights.

        Args:
            arguments: values of the weights, of the model's other variables
                and of its metrics'; the rates of dropout, the limit of clipping
                and the loss scale; the batch, inputs and labels and perhaps
                weights of these.

        Returns:
            Clipped gradients, and whether they are finite; new values of the
            others and of the metrics'; name -> result.

        Raises:
            NotVectorizableError: a weight has no gradient.
        """
        weights, others, metrics, rates, limit, scale, batch = arguments
        model, scales = self._model, self._optimizer.loss_scales
        with self._scope(weights, others, metrics):
            with tf.GradientTape() as tape, dropping(model, rates):
                tape.watch(weights)
                loss, outputs = self._loss(batch, training=True)
                scaled = scales.scaled(loss, scale)
            gradients = tape.gradient(scaled, weights)
            if any(gradient is None for gradient in gradients):
                # Keras' optimizers leave such a weight as it is.
                raise NotVectorizableError("a weight has no gradient")
            gradients, finite = scales.unscaled(gradients, scale)
            self._measure(batch, outputs, loss)
            return (
                self._optimizer.clip(gradients, limit),
                finite,
                _tensors(model.non_trainable_variables),
                _tensors(model.metrics_variables),
                self._results(),
            )

    def test(self, arguments):
        """Returns new values of the metrics' variables, and name -> result.

        Args:
            arguments: values of the weights, of the model's other variables
                and of its metrics'; the batch, as of `step`.
        """
        weights, others, metrics, batch = arguments
        with self._scope(weights, others, metrics):
            loss, outputs = self._loss(batch, training=False)
            self._measure(batch, outputs, loss)
            return _tensors(self._model.metrics_variables), self._results()

    def refresh(self, arguments):
        """Returns the others with the references refreshed.

        Args:
            arguments: values of the weights and of the model's others.
        """
        with self._scope(*arguments, self.beginning):
            refresh_references(self._model)
            return _tensors(self._model.non_trainable_variables)

    def _scope(self, *values):
        """Returns a scope in which the model's variables are one run's."""
        model = self._model
        variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.metrics_variables,
        )
        pairs = [
            pair
            for names, each in zip(variables, values, strict=True)
            for pair in zip(names, each, strict=True)
        ]
        return keras.StatelessScope(pairs, collect_losses=True)

    def _loss(self, batch, training):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        outputs = self._model(x, training=training)
        loss = self._model.compute_loss(
            x, y, outputs, weights, training=training
        )
        return loss, outputs

    def _measure(self, batch, outputs, loss):
        """Updates the metrics as Keras' `train_step` does."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        mean = next(m for m in self._model.metrics if m.name == "loss")
        mean.update_state(
            loss, sample_weight=tf.shape(keras.tree.flatten(x)[0])[0]
        )
        self._model.compute_metrics(x, y, outputs, weights)

    def _results(self):
        results, dtype = self._model.get_metrics_result(), keras.config.floatx()
        return {name: tf.cast(value, dtype) for name, value in results.items()}

    def result_names(self):
        """Returns the names of the results."""
        return list(self._model.get_metrics_result())


def _tensors(variables):
    return list(map(tf.convert_to_tensor, variables))
