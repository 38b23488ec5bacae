"""What a discriminator minimizes, by how it sees real and made examples."""

import tensorflow as tf

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

    def __call__(self, player, real, fakes, share):
        """Returns the loss, and the mean scores of real and made examples.

        Args:
            player: the discriminator's `Player`.
            real: examples.
            fakes: as many.
            share: `(batch,)`, how much of each example that the penalty looks
                at is real.
        """
        of_real, of_fakes = self._logits(player, real, fakes)
        loss = self.loss.discriminator(of_real, of_fakes)
        if self.loss.penalized:
            loss += self.penalty * gradient_penalty(
                lambda x: player.network(x, training=True), real, fakes, share
            )
        means = [
            tf.reduce_mean(self.loss.score(x)) for x in (of_real, of_fakes)
        ]
        return loss, *means

    def _logits(self, player, real, fakes):
        if self.batch == "joint":
            both = player.network(tf.concat([real, fakes], 0), training=True)
            return tf.split(both, 2)
        logits = []
        for name, examples in (("real", real), ("fake", fakes)):
            learned = self.statistics in ("both", name)
            with player.statistics_kept(unless=learned):
                logits.append(player.network(examples, training=True))
        return logits
