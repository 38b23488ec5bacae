"""One of the two networks of a GAN, with its optimizer."""

import contextlib

import keras
import tensorflow as tf

from ....layers.numerics.restoring import remember, restored
from .given import Told


class Player:
    """A network and the optimizer that trains it.

    Under a `LossScaleOptimizer` a step whose gradients are not finite on any
    replica is skipped on all of them.

    Args:
        network: a built Keras model.
        optimizer: a Keras optimizer; it is built here, in the scope of the
            caller's strategy and before anything is traced.

    Attributes:
        network: the model.
        optimizer: the optimizer.
        scaled: whether the optimizer scales the loss.
    """

    def __init__(self, network, optimizer):
        self.network = network
        self.optimizer = optimizer
        self.scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        optimizer.build(network.trainable_variables)

    def told(self, labels):
        """Returns the player as one that judges examples of these classes.

        Args:
            labels: integers `(batch,)`, or None if the network is not told.
        """
        return self if labels is None else Told(self, labels)

    @property
    def scale(self):
        """What losses are multiplied by."""
        if not self.scaled:
            return tf.ones([])
        return tf.cast(self.optimizer.dynamic_scale, tf.float32)

    @property
    def weights(self):
        """The values of the trainable weights, to differentiate by."""
        return [weight.value for weight in self.network.trainable_variables]

    def scale_loss(self, loss):
        """Returns the loss as it has to be differentiated."""
        # Optimizers add up the replicas' gradients.
        return self.optimizer.scale_loss(loss) / _replicas()

    def apply(self, gradients):
        """Updates the weights by the gradients of a scaled loss.

        Returns:
            The norm of the gradients (of this replica's examples), and whether
            the update was made.
        """
        unscaled = [tf.cast(g, tf.float32) / self.scale for g in gradients]
        norm = tf.linalg.global_norm(unscaled) * _replicas()
        finite = tf.constant(True)
        if self.scaled:
            finite = _everywhere(gradients)
            # Keras' optimizer asks the first replica only.
            first = tf.where(finite, gradients[0], gradients[0] * float("nan"))
            gradients = [first, *gradients[1:]]
        self.optimizer.apply(gradients, self.network.trainable_variables)
        return norm, finite

    def statistics(self):
        """Returns the variables that the network learns from its inputs."""
        # A ReferenceModel's own weights are the reference, which stays.
        fixed = {
            id(weight) for weight in getattr(self.network, "reference", [])
        }
        return [
            variable
            for variable in self.network.non_trainable_variables
            if id(variable) not in fixed and variable.dtype.startswith("float")
        ]

    @contextlib.contextmanager
    def statistics_kept(self, unless=False):
        """Takes back what the block does to the statistics.

        Args:
            unless: true for a block that may change them after all.
        """
        if unless:
            yield
            return
        with restored(self.statistics()):
            yield

    def remember(self):
        """Returns the statistics and their values, for `restore`."""
        return remember(self.statistics())


def _replicas():
    return tf.distribute.get_replica_context().num_replicas_in_sync


def _everywhere(gradients):
    """Whether the gradients are finite on all replicas."""
    finite = [tf.reduce_all(tf.math.is_finite(g)) for g in gradients]
    bad = tf.cast(tf.logical_not(tf.reduce_all(finite)), tf.float32)
    context = tf.distribute.get_replica_context()
    return tf.equal(context.all_reduce(tf.distribute.ReduceOp.SUM, bad), 0)
