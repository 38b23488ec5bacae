"""How many steps of a GAN were made, were skipped, were not finite."""

import functools

import tensorflow as tf


class Tally:
    """Counts that are saved with the model.

    Args:
        names: of the players.
        add_weight: `add_weight` of the model that keeps the counts.

    Attributes:
        steps: of the training.
        skipped: player -> steps that its loss scale has skipped.
        nonfinite: losses and gradients that were not finite, where no lower
            loss scale would have helped.
    """

    def __init__(self, names, add_weight):
        counter = functools.partial(
            add_weight,
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.steps = counter(name="steps")
        self.skipped = {name: counter(name=f"{name}_skipped") for name in names}
        self.nonfinite = counter(name="nonfinite")

    def reset(self):
        """Begins to count from 0."""
        for count in (self.steps, *self.skipped.values(), self.nonfinite):
            count.assign(0)

    def count(self, name, applied, scale, loss, norm):
        """Counts what became of a player's update.

        Args:
            name: of the player.
            applied: tensor, whether the update was made.
            scale: of the loss.
            loss: without the scale.
            norm: of the gradients.

        Returns:
            A tensor, whether loss and norm belong to the logged means.
        """
        self.skipped[name].assign_add(tf.cast(~applied, tf.int64))
        # No scale below 1 prevents what overflows at 1.
        counts = applied | (scale < 1)
        bad = counts & ~(tf.math.is_finite(loss) & tf.math.is_finite(norm))
        self.nonfinite.assign_add(tf.cast(bad, tf.int64))
        return counts

    def results(self):
        """Returns name -> count, but for the steps, as float32."""
        counts = {f"{name}_skipped": v for name, v in self.skipped.items()}
        counts["nonfinite"] = self.nonfinite
        return {name: tf.cast(v, tf.float32) for name, v in counts.items()}
