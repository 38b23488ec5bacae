"""What is traced of a GAN beside its training."""

import functools

import tensorflow as tf

from ..inspection.memory import memory
from .model.gan import input_shape_of
from .model.given import given
from .sampling import Sampling


class Traced:
    """Holds nothing of a run: runs that share a GAN share it, too.

    Args:
        gan: compiled.
        batch_size: of examples that are made.

    Attributes:
        sampling: the `Sampling` of the generator.
    """

    def __init__(self, gan, batch_size):
        self.sampling = Sampling(gan.generator, batch_size)
        self._gan = gan
        self._batch_size = batch_size

    @functools.cached_property
    def memory(self):
        """The bytes that a training takes, see `inspection.memory`.

        The most is kept while the discriminator learns, and the generator is
        about to: the forward passes of both.
        """
        gan, batch = self._gan, self._batch_size
        player, judge = gan.players["d"], gan.discrimination.always_penalized()

        def loss_of(noise, real, share, labels):
            fakes = gan.generator(given(noise, labels), training=True)
            return judge(player.told(labels), real, fakes, share, 0)[0]

        networks = gan.generator, gan.discriminator
        return memory(
            [
                *gan.generator.variables,
                *gan.discriminator.variables,
                *gan.average.weights,
            ],
            (gan.d_optimizer, gan.g_optimizer),
            loss_of,
            [w for network in networks for w in network.trainable_weights],
            *(
                tf.TensorSpec([batch, *input_shape_of(network)])
                for network in networks
            ),
            tf.TensorSpec([batch]),
            tf.TensorSpec([batch], tf.int32) if gan.conditional else None,
        )
