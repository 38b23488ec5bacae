"""What both networks minimize, by how one sees real and made examples."""

import tensorflow as tf

BATCHES = ("separate", "joint")
STATISTICS = ("both", "real", "fake")


class Discrimination:
    """The losses of both networks, by how the discriminator sees examples.

    Args:
        loss: a `normzoo.trainers.gans.model.losses.Loss`.
        batch: `"separate"`: real and made examples go through the network one
            after the other, so that batch norm sees them apart; `"joint"`: as
            one batch.
        statistics: `"both"`, `"real"` or `"fake"`: the separate passes that
            batch norm's moving statistics follow.
        penalties: `regularizers.Penalty`s of the discriminator's gradient. They
            see it in inference: their passes leave its statistics alone.
    """

    def __init__(self, loss, batch, statistics, penalties=()):
        self.loss = loss
        self.batch = batch
        self.statistics = statistics
        self.penalties = penalties

    def always_penalized(self):
        """Returns one whose every update has all penalties."""
        penalties = [penalty._replace(every=1) for penalty in self.penalties]
        return Discrimination(self.loss, self.batch, self.statistics, penalties)

    def __call__(self, player, real, fakes, share, update):
        """Returns the loss, and the mean scores of real and made examples.

        Args:
            player: the discriminator's `Player`.
            real: examples.
            fakes: as many.
            share: `(batch,)`, how much of each example between them that a
                penalty looks at is real.
            update: integer tensor, how many updates came before.
        """
        of_real, of_fakes = self._logits(player, real, fakes)
        loss = self.loss.discriminator(of_real, of_fakes)
        for penalty in self.penalties:
            loss += penalty(
                lambda x: player.network(x, training=False),
                real,
                fakes,
                share,
                update,
            )
        means = [
            tf.reduce_mean(self.loss.score(x)) for x in (of_real, of_fakes)
        ]
        return loss, *means

    def of_generator(self, player, real, fakes):
        """Returns the generator's loss.

        Args:
            player: the discriminator's `Player`, whose statistics may change.
            real: examples; losses that are not paired do not look at them.
            fakes: as many.
        """
        if self.loss.paired:
            return self.loss.generator(*self._logits(player, real, fakes))
        return self.loss.generator(player.network(fakes, training=True))

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
