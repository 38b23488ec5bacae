"""What a discriminator minimizes, by how it sees real and made examples."""

import tensorflow as tf

from .given import given
from .losses import gradient_penalty

BATCHES = ("separate", "joint")
STATISTICS = ("both", "real", "fake")


class Discrimination:
    """The discriminator's loss and its scores, from examples of both kinds.

    Args:
        loss: a `normzoo.trainers.gans.model.losses.Loss`.
        batch: `"separate"`: real and made examples go through the network one
            after the other, so that batch norm sees them apart; `"joint"`: as
            one batch.
        statistics: `"both"`, `"real"` or `"fake"`: the separate passes that
            batch norm's moving statistics follow.
        penalty: weight of the gradient penalty, where the loss has one.
    """

    def __init__(self, loss, batch, statistics, penalty):
        self.loss = loss
        self.batch = batch
        self.statistics = statistics
        self.penalty = penalty

    def __call__(self, player, real, fakes, share, labels=None):
        """Returns the loss, and the mean scores of real and made examples.

        Args:
            player: the discriminator's `Player`.
            real: examples.
            fakes: as many.
            share: `(batch,)`, how much of each example that the penalty looks
                at is real.
            labels: the classes of the real examples, and of the made ones;
                None if the discriminator is not told.
        """
        of_real, of_fakes = self._logits(player, real, fakes, labels)
        loss = self.loss.discriminator(of_real, of_fakes)
        if self.loss.penalized:
            loss += self.penalty * gradient_penalty(
                lambda x: player.network(given(x, labels), training=True),
                real,
                fakes,
                share,
            )
        means = [
            tf.reduce_mean(self.loss.score(x)) for x in (of_real, of_fakes)
        ]
        return loss, *means

    def _logits(self, player, real, fakes, labels):
        if self.batch == "joint":
            twice = None if labels is None else tf.concat([labels, labels], 0)
            both = given(tf.concat([real, fakes], 0), twice)
            return tf.split(player.network(both, training=True), 2)
        logits = []
        for name, examples in (("real", real), ("fake", fakes)):
            learned = self.statistics in ("both", name)
            with player.statistics_kept(unless=learned):
                inputs = given(examples, labels)
                logits.append(player.network(inputs, training=True))
        return logits
