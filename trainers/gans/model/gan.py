"""A GAN as a Keras model that `fit` trains."""

import contextlib

import keras
import tensorflow as tf

from ....layers.numerics.restoring import restore
from .augmentation import Augmentation
from .average import MovingAverage
from .discrimination import Discrimination
from .given import given
from .meters import Meters
from .noise import Noise
from .player import Player
from .tally import Tally


class GAN(keras.Model):
    """Generator and discriminator, trained against each other.

    A training step takes `n_dis` batches of real examples in one, updates the
    discriminator on each and then the generator once. Noise is a function of
    the seed and the step.

    Networks that take classes, too, make it a conditional GAN: a batch then
    has labels, and the generated examples get those of the real ones.

    A `Discrimination` says how the discriminator sees real and made examples.
    What the generator's update makes of its statistics is never remembered.

    `average`, the `MovingAverage` of the generator, follows every step.

    Under `LossScaleOptimizer`s a network whose gradients are not finite is not
    updated in that step, and neither are its statistics and its average.

    Args:
        generator: a built model from noise `(batch, latent_dim)`, or from a
            list of noise and labels.
        discriminator: a built model to logits `(batch, 1)`, with labels if the
            generator has them; `(batch, 2)` with an auxiliary classifier.
        loss: a `normzoo.trainers.gans.model.losses.Loss`.
        n_dis: discriminator updates per step.
        discriminator_batch, statistics, penalties: of the `Discrimination`.
        augmentation: names of the changes of an `Augmentation`.
        ema_decay, ema_ramp: of the generator's `MovingAverage`.
        finite_only: whether the logged means leave out what is not finite.
        seed: of the noise.
        **kwargs: arguments of `keras.Model`.

    Attributes:
        evaluator: function of the generator with its averaged weights, which
            returns metric -> number; set it to validate in `fit`.

    Call arguments:
        inputs: real or made examples, or a list of them and their labels.
        training: as of the discriminator.

    Example:

    >>> import keras, numpy as np
    >>> from normzoo import zoo
    >>> from normzoo.trainers.gans.model import losses
    >>> from normzoo.trainers.gans.model.gan import GAN
    >>> gan = GAN(zoo.toy_generator(), zoo.toy_discriminator(),
    ...     losses.get("hinge"))
    >>> gan.compile(*(keras.optimizers.Adam(2e-4, 0.5) for _ in range(2)))
    >>> logs = gan.fit(np.zeros((64, 2), "float32"), verbose=0).history
    >>> sorted(logs)[:4]
    ['d_fake', 'd_loss', 'd_loss_scale', 'd_norm']
    """

    def __init__(
        self,
        generator,
        discriminator,
        loss,
        *,
        n_dis=1,
        discriminator_batch="separate",
        statistics="both",
        penalties=(),
        augmentation="",
        ema_decay=0.999,
        ema_ramp=True,
        finite_only=False,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.discrimination = Discrimination(
            loss,
            discriminator_batch,
            statistics,
            penalties,
            Augmentation(augmentation, seed),
        )
        self.n_dis = n_dis
        self.noise = Noise(seed)
        (self.latent_dim,) = input_shape_of(generator)
        self.conditional = takes_labels(generator)
        self.players = {}
        self.evaluator = None
        self.meters = Meters(finite_only)
        self.tally = Tally("dg", self.add_weight)
        self.average = MovingAverage(
            generator, ema_decay, ema_ramp, self.add_weight
        )
        self.built = True  # As both networks are.

    def compile(self, d_optimizer, g_optimizer, **kwargs):
        """Sets the optimizers of both networks; see `keras.Model.compile`."""
        super().compile(optimizer=None, **kwargs)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.players = {
            "d": Player(self.discriminator, d_optimizer),
            "g": Player(self.generator, g_optimizer),
        }

    def call(self, inputs, training=None):
        """Returns what the discriminator returns."""
        return self.discriminator(inputs, training=training)

    def evaluate(self, *args, return_dict=False, **kwargs):
        """Returns what `evaluator` finds; `fit` calls it for validation.

        A GAN has no loss that tells how good its samples are: the data are not
        read.
        """
        with self.averaged_generator() as generator:
            measured = self.evaluator(generator)
        return measured if return_dict else list(measured.values())

    def learned(self):
        """Returns all variables that training changes, but the counters."""
        return [
            *self.generator.variables,
            *self.discriminator.variables,
            *self.average.weights,
            *self.d_optimizer.variables,
            *self.g_optimizer.variables,
        ]

    @property
    def metrics(self):
        """What `fit` resets at the beginning of an epoch."""
        return self.meters.all

    def train_step(self, data):
        """Updates both networks once, and returns the logs."""
        batches = self._batches(data)
        for i, (real, labels) in enumerate(batches[:-1]):
            with self.players["g"].statistics_kept():
                fakes = self._make(i, real, labels)
            self._train_discriminator(i, real, fakes, labels)
        self._train_on_last(self.n_dis - 1, *batches[-1])
        self.tally.steps.assign_add(1)
        return self._logs()

    def _batches(self, data):
        """Returns pairs of examples and their labels, or None for these."""
        examples, *others = data if isinstance(data, tuple) else (data,)
        labels = [None] * self.n_dis
        if self.conditional:
            labels = tf.split(others[0], self.n_dis)
        return list(zip(tf.split(examples, self.n_dis), labels, strict=True))

    def _make(self, i, real, labels):
        noise = self._draw(i, real)
        return self.generator(given(noise, labels), training=True)

    def _train_on_last(self, i, real, labels):
        """Updates the discriminator, then the generator by the same fakes."""
        player = self.players["g"]
        before = player.remember() if player.scaled else []
        with tf.GradientTape() as tape:
            fakes = self._make(i, real, labels)
        self._train_discriminator(i, real, fakes, labels)
        judge = self.players["d"].told(labels)
        with tf.GradientTape() as outer, judge.statistics_kept():
            outer.watch(fakes)
            loss = self.discrimination.of_generator(
                judge, real, fakes, self._update(i)
            )
            scaled = player.scale_loss(loss)
        slopes = outer.gradient(scaled, fakes)
        gradients = tape.gradient(fakes, player.weights, slopes)
        norm, applied = player.apply(gradients)
        restore(before, unless=applied)
        self.average.follow(applied, self.tally.steps)
        counts = self.tally.count("g", applied, player.scale, loss, norm)
        self.meters.update(counts, g_loss=loss, g_norm=norm)

    def _train_discriminator(self, i, real, fakes, labels):
        player = self.players["d"]
        before = player.remember() if player.scaled else []
        fakes = tf.stop_gradient(fakes)
        share = self.noise.uniform(
            self.tally.steps, 2 * i + 1, tf.shape(real)[0]
        )
        with tf.GradientTape() as tape:
            loss, of_real, of_fakes = self.discrimination(
                player.told(labels), real, fakes, share, self._update(i)
            )
            scaled = player.scale_loss(loss)
        norm, applied = player.apply(tape.gradient(scaled, player.weights))
        restore(before, unless=applied)
        counts = self.tally.count("d", applied, player.scale, loss, norm)
        self.meters.update(
            counts, d_loss=loss, d_norm=norm, d_real=of_real, d_fake=of_fakes
        )

    def _update(self, i):
        """Returns the number of an update of the discriminator, from 0 on."""
        return self.tally.steps * self.n_dis + i

    def _draw(self, i, real):
        rows = tf.shape(real)[0]
        return self.noise.normal(self.tally.steps, 2 * i, rows, self.latent_dim)

    def _logs(self):
        logs = self.meters.results() | self.tally.results()
        for name, player in self.players.items():
            logs[f"{name}_loss_scale"] = player.scale
        return logs

    def begin(self, seed):
        """Makes all but weights and optimizers as of a new one with a seed."""
        self.noise.reseed(seed)
        self.discrimination.augment.reseed(seed)
        self.tally.reset()
        self.reset_average()

    def reset_average(self):
        """Makes the moving average equal to the generator."""
        if hasattr(self.generator, "refresh"):
            self.generator.refresh()
        self.average.reset()

    @contextlib.contextmanager
    def averaged_generator(self):
        """Yields the generator, with its averaged weights for a block."""
        with self.average.in_place():
            yield self.generator


def input_shape_of(network):
    """Returns the shape of an example, or of its noise, without its label."""
    return _inputs_of(network)[0].shape[1:]


def takes_labels(network):
    """Returns whether a network is told the classes of examples."""
    return len(_inputs_of(network)) > 1


def _inputs_of(network):
    network = getattr(network, "model", network)  # of a ReferenceModel
    return network.inputs
