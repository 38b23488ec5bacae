"""What both networks minimize, by how one sees real and made examples."""

import tensorflow as tf

BATCHES = ("separate", "joint")
STATISTICS = ("both", "real", "fake")


class Discrimination:
    """The losses of both networks, by how the discriminator sees examples.

    Of a discriminator with an auxiliary classifier, see `zoo.labels`, both
    networks minimize the cross-entropy of the classes as well (AC-GAN): the
    discriminator that of real and of made examples, the generator that of the
    ones it makes.

    Args:
        loss: a `normzoo.trainers.gans.model.losses.Loss`.
        batch: `"separate"`: real and made examples go through the network one
            after the other, so that batch norm sees them apart; `"joint"`: as
            one batch.
        statistics: `"both"`, `"real"` or `"fake"`: the separate passes that
            batch norm's moving statistics follow.
        penalties: `regularizers.Penalty`s of the discriminator's gradient. They
            see it in inference: their passes leave its statistics alone.
        augment: an `Augmentation` of all examples that the network sees. The
            gradients that are penalized flow through it.
    """

    def __init__(self, loss, batch, statistics, penalties, augment):
        self.loss = loss
        self.batch = batch
        self.statistics = statistics
        self.penalties = penalties
        self.augment = augment

    def always_penalized(self):
        """Returns one whose every update has all penalties."""
        penalties = [penalty._replace(every=1) for penalty in self.penalties]
        return Discrimination(
            self.loss, self.batch, self.statistics, penalties, self.augment
        )

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
        seen = self.augment(real, update, 0), self.augment(fakes, update, 1)
        judged = self._judged(player, *seen)
        of_real, of_fakes = map(_logits, judged)
        loss = self.loss.discriminator(of_real, of_fakes)
        loss = sum(map(_class_loss, judged), loss)
        for i, penalty in enumerate(self.penalties):

            def critic(x, draw=4 + i):
                x = self.augment(x, update, draw)
                return _logits(player.network(x, training=False))

            loss += penalty(critic, real, fakes, share, update)
        means = [
            tf.reduce_mean(self.loss.score(x)) for x in (of_real, of_fakes)
        ]
        return loss, *means

    def of_generator(self, player, real, fakes, update):
        """Returns the generator's loss.

        Args:
            player: the discriminator's `Player`, whose statistics may change.
            real: examples; losses that are not paired do not look at them.
            fakes: as many.
            update: integer tensor, the discriminator's latest.
        """
        fakes = self.augment(fakes, update, 2)
        if self.loss.paired:
            real = self.augment(real, update, 3)
            judged = self._judged(player, real, fakes)
        else:
            judged = [player.network(fakes, training=True)]
        loss = self.loss.generator(*map(_logits, judged))
        return loss + _class_loss(judged[-1])

    def _judged(self, player, real, fakes):
        if self.batch == "joint":
            both = player.network(tf.concat([real, fakes], 0), training=True)
            return tf.split(both, 2)
        judged = []
        for name, examples in (("real", real), ("fake", fakes)):
            learned = self.statistics in ("both", name)
            with player.statistics_kept(unless=learned):
                judged.append(player.network(examples, training=True))
        return judged


def _logits(judged):
    """Returns the logits `(batch, 1)` of what a discriminator returns."""
    return judged[:, :1] if _classifies(judged) else judged


def _class_loss(judged):
    """Returns the cross-entropy of the classes, 0 of a network without it."""
    return -tf.reduce_mean(judged[:, 1]) if _classifies(judged) else 0.0


def _classifies(judged):
    return judged.shape[-1] == 2
