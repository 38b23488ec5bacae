"""What SNGAN's and R3GAN's networks are made of, and how they start."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import zoo
from normzoo.zoo.gan_layers import stages

RNG = np.random.default_rng(0)


def count(model):
    return sum(np.prod(w.shape) for w in model.trainable_weights)


@pytest.mark.quick("sngan-28", "r3gan-28")
@pytest.mark.parametrize("resolution", [8, 28, 48])
@pytest.mark.parametrize("networks", ["sngan", "r3gan"])
def test_one_definition_makes_all_resolutions(networks, resolution):
    make, tell = (
        build(resolution, 3, base_width=2) for build in zoo.GANS[networks]
    )
    shape = (None, resolution, resolution, 3)
    assert make.output_shape == tell.input_shape == shape
    sides = [x.output.shape[1] for x in tell.layers if len(x.output.shape) == 4]
    halvings, smallest = stages(resolution)
    if networks == "sngan":
        smallest = resolution // 2 ** max(2, halvings - 1)
    assert min(sides[:-1]) == smallest


def test_sngan_is_the_original_at_32_pixels():
    # Miyato et al., table 4: 256 channels in the generator, 128 in the other.
    def conv(size, inputs, outputs, bias=True):
        return size * size * inputs * outputs + bias * outputs

    make = zoo.sngan_generator(32, 3)
    norm = 2 * 256  # and no bias in front
    block = 2 * norm + conv(3, 256, 256, False) + conv(3, 256, 256)
    assert count(make) == (
        conv(4, 128, 256, False)
        + 16 * 256  # the Dense layer's biases
        + 3 * (block + conv(1, 256, 256))
        + norm
        + conv(3, 256, 3)
    )
    tell = zoo.sngan_discriminator(32, 3)
    assert count(tell) == (
        conv(3, 3, 128)
        + 7 * conv(3, 128, 128)
        + conv(1, 3, 128)
        + conv(1, 128, 128)
        + 128
    )
    assert tell.get_layer("same_3").output.shape == (None, 8, 8, 128)


def test_sngan_sums_over_positions():
    tell = zoo.sngan_discriminator(8, base_width=4, weight_norm="none")
    inside = keras.Model(tell.input, tell.get_layer("activation_logits").output)
    images = RNG.normal(size=(2, 8, 8, 1)).astype("float32")
    kernel = tell.get_layer("logits").kernel.numpy()
    expected = np.sum(inside(images), (1, 2)) @ kernel
    np.testing.assert_allclose(tell(images), expected, 1e-4, 1e-6)


def blocks(model):
    """Returns a block's inputs and output, for each of them."""
    added = [x for x in model.layers if isinstance(x, keras.layers.Add)]
    return [(x.input[0], x.output) for x in added]


def test_r3gan_starts_as_if_it_had_no_blocks_and_learns_them():
    tell = zoo.r3gan_discriminator(8, base_width=32)
    assert len(blocks(tell)) == 3 * 2
    ends = keras.Model(tell.input, [tell.output, *sum(blocks(tell), ())])
    images = RNG.normal(size=(4, 8, 8, 1)).astype("float32")
    with tf.GradientTape() as tape:
        logits, *pairs = ends(images)
    for before, after in zip(pairs[::2], pairs[1::2], strict=True):
        np.testing.assert_array_equal(before, after)
    last = [tell.get_layer(f"stage_{i}_1_third").kernel for i in range(3)]
    for slope in tape.gradient(logits, [w.value for w in last]):
        assert np.any(slope)
    # Gain of LeakyReLU, six blocks of three layers, 16 channels in a group.
    std = (2 / 1.04) ** 0.5 * 6**-0.25
    for name, inputs in (("first", 32), ("second", 9 * 16)):
        kernel = tell.get_layer(f"stage_1_0_{name}").kernel
        np.testing.assert_allclose(np.std(kernel), std / inputs**0.5, 0.05)


def test_with_a_weight_norm_no_kernel_is_zero():
    model = zoo.r3gan_discriminator(8, base_width=8, weight_norm="spectral")
    kernels = [w for w in model.weights if w.name == "kernel"]
    assert all(np.any(w) for w in kernels)


def penalty_gradients(model, images):
    """Returns a function: the gradients of a penalty of the gradient, flat."""
    values = [weight.value for weight in model.trainable_variables]

    def gradients():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                tape.watch(images)
                logits = model(images)
            slope = tf.cast(tape.gradient(logits, images), tf.float32)
            penalty = tf.reduce_sum(tf.square(slope))
        zero = tf.UnconnectedGradients.ZERO
        found = outer.gradient(penalty, values, unconnected_gradients=zero)
        return tf.concat([tf.reshape(each, [-1]) for each in found], 0)

    return gradients


@pytest.mark.slow
def test_grouped_kernels_have_second_derivatives_under_xla_in_bfloat16():
    """As the penalties of the discriminator's gradient need them."""
    images = tf.constant(RNG.normal(size=(4, 8, 8, 1)), tf.float32)
    found = []
    for policy in ("float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            tell = zoo.r3gan_discriminator(
                8, base_width=16, blocks=1, norm="layer"
            )
        finally:
            keras.config.set_dtype_policy("float32")
        # Blocks that start as nothing would not be seen.
        for i, weight in enumerate(tell.trainable_variables):
            noise = np.random.default_rng(i).normal(size=weight.shape)
            weight.assign_add(0.1 * noise)
        compiled = tf.function(
            penalty_gradients(tell, images), jit_compile=policy != "float32"
        )
        found.append(compiled().numpy())
    exact, half = found
    assert np.linalg.norm(exact) > 0
    assert np.linalg.norm(half - exact) < 0.2 * np.linalg.norm(exact)
