"""A GAN's training step as the papers write it."""

import keras
import tensorflow as tf

from normzoo.trainers.gans.model.given import given


def cross_entropy(discriminator, real, fakes):
    """Both losses of the original GAN."""
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones([len(real), 1]), tf.zeros([len(real), 1])

    def of_discriminator():
        of_real = discriminator(real, training=True)
        of_fakes = discriminator(fakes, training=True)
        return bce(ones, of_real) + bce(zeros, of_fakes)

    def of_generator():
        return bce(ones, discriminator(fakes, training=True))

    return of_discriminator, of_generator


#: Of R1 and of R2, the latter in one of two updates.
GAMMAS = (0.3, 0.2)


def r3gan(discriminator, real, fakes):
    """Both losses of R3GAN, in an update with both penalties."""

    def gaps():
        of_real = discriminator(real, training=True)
        return of_real - discriminator(fakes, training=True)

    def squared_slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = discriminator(x)
        return tf.reduce_sum(tape.gradient(logits, x) ** 2, -1)

    def of_discriminator():
        loss = tf.reduce_mean(tf.nn.softplus(-gaps()))
        r1, r2 = (tf.reduce_mean(squared_slopes(x)) for x in (real, fakes))
        gamma_1, gamma_2 = GAMMAS
        return loss + gamma_1 / 2 * r1 + 2 * gamma_2 / 2 * r2

    def of_generator():
        return tf.reduce_mean(tf.nn.softplus(gaps()))

    return of_discriminator, of_generator


def acgan(losses_of):
    """Both losses with those of the classes, as Odena et al. write them."""

    def with_classes(judge, real, fakes):
        def logits(x, training=False):
            return judge(x, training)[:, :1]

        def likelihood(x):
            return tf.reduce_mean(judge(x, training=True)[:, 1])

        of_discriminator, of_generator = losses_of(logits, real, fakes)
        return (
            lambda: of_discriminator() - likelihood(real) - likelihood(fakes),
            lambda: of_generator() - likelihood(fakes),
        )

    return with_classes


def by_hand(
    generator, discriminator, real, noise, losses_of, labels=None, rate=0.1
):
    """One step of both, as the papers write it."""

    def descend(network, loss_of):
        with tf.GradientTape() as tape:
            loss = loss_of()
        weights = network.trainable_variables
        slopes = tape.gradient(loss, [w.value for w in weights])
        for weight, slope in zip(weights, slopes, strict=True):
            weight.assign(weight - rate * slope)

    noise = given(noise, labels)
    fakes = generator(noise, training=True)

    def judge(x, training=False):
        return discriminator(given(x, labels), training=training)

    descend(discriminator, lambda: losses_of(judge, real, fakes)[0]())
    kept = [w.numpy() for w in discriminator.non_trainable_variables]
    moved = [w.numpy() for w in generator.non_trainable_variables]

    def of_generator():
        fakes = generator(noise, training=True)
        return losses_of(judge, real, fakes)[1]()

    descend(generator, of_generator)
    for network, statistics in ((discriminator, kept), (generator, moved)):
        for weight, value in zip(
            network.non_trainable_variables, statistics, strict=True
        ):
            weight.assign(value)
