"""What a network is called on: examples or noise, and perhaps their classes."""

import tensorflow as tf


def given(inputs, labels):
    """Returns the inputs of a network.

    Args:
        inputs: noise, or examples.
        labels: their classes, or None if the network is not told.
    """
    return inputs if labels is None else [inputs, labels]


class Told:
    """A `Player` whose network is told the classes of a batch.

    To whoever judges examples it is a player whose network takes examples
    alone: those of the batch, or several batches of the same classes, one
    behind the other.

    Args:
        player: the `Player`.
        labels: classes of a batch, integers `(batch,)`.
    """

    def __init__(self, player, labels):
        self._player = player
        self._labels = labels
        self.statistics_kept = player.statistics_kept

    def network(self, examples, training):
        """Returns the logits of examples."""
        batches = tf.shape(examples)[0] // tf.shape(self._labels)[0]
        labels = tf.tile(self._labels, [batches])
        return self._player.network(given(examples, labels), training=training)
