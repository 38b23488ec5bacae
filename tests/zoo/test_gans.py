"""What the generators and discriminators of the zoo promise."""

import functools

import keras
import numpy as np
import pytest

from normzoo import layers, zoo
from normzoo.zoo.gan_layers import stages

NORMS = sorted(layers.NORMS)


def generator(resolution=16, networks="dcgan", **knobs):
    make, _ = zoo.GANS[networks]
    return make(resolution, **{"base_width": 8, "latent_dim": 5, **knobs})


def discriminator(resolution=16, networks="dcgan", **knobs):
    _, tell = zoo.GANS[networks]
    return tell(resolution, **{"base_width": 8, **knobs})


def noise(rows, size=5):
    return np.random.default_rng(0).normal(size=(rows, size)).astype("float32")


@pytest.mark.parametrize("resolution", [8, 12, 16, 28, 32, 48, 64, 128])
def test_one_definition_makes_all_resolutions(resolution):
    count, side = stages(resolution)
    assert side * 2**count == resolution
    assert 2 <= side <= 7
    make = generator(resolution, channels=3, base_width=1, norm="none")
    tell = discriminator(resolution, channels=3, base_width=1, norm="none")
    assert make.output_shape == (None, resolution, resolution, 3)
    assert tell.input_shape == (None, resolution, resolution, 3)
    up = [x for x in make.layers if "Transpose" in type(x).__name__]
    down = [x for x in tell.layers if isinstance(x, keras.layers.Conv2D)]
    assert len(up) == count
    assert [x.filters for x in down if x not in up] == [
        2**i for i in range(count)
    ]


@pytest.mark.quick("dcgan-spectral", "toy-scaled_standardization")
@pytest.mark.parametrize("weight_norm", layers.WEIGHT_NORMS)
@pytest.mark.parametrize("networks", zoo.GANS)
def test_both_networks_take_every_weight_norm(networks, weight_norm):
    make, tell = zoo.GANS[networks]
    size = 2 if networks == "toy" else 8
    knobs = {"base_width": 8, "weight_norm": weight_norm}
    model, critic = make(size, latent_dim=5, **knobs), tell(size, **knobs)
    outputs = critic(model(noise(3), training=True), training=True)
    assert outputs.shape == (3, 1)
    for network in (model, critic):
        *inner, last = (
            x for x in network.layers if x.weights and "norm_" not in x.name
        )
        whole = weight_norm in ("spectral", "weight")
        assert isinstance(last, keras.layers.Wrapper) == whole
        for layer in inner:
            *fan_in, _ = getattr(layer, "layer", layer).kernel.shape
            # A single weight cannot be standardized.
            normed = whole or (weight_norm != "none" and max(fan_in) > 1)
            assert isinstance(layer, keras.layers.Wrapper) == normed


def test_it_is_the_original_at_64_pixels():
    # Radford et al.: 1024 channels at 4x4, 5x5 kernels, 3 colors.
    model = zoo.dcgan_generator(64, 3, base_width=128, kernel_size=5)
    assert model.get_layer("reshape_project").output.shape == (None, 4, 4, 1024)
    kernels = 100 * 4 * 4 * 1024 + 25 * (
        1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3
    )
    affine = 2 * (1024 + 512 + 256 + 128) + 3  # and the last bias
    assert sum(np.prod(w.shape) for w in model.trainable_weights) == (
        kernels + affine
    )


def test_initializers_slopes_norms_and_places_are_the_originals():
    make, tell = generator(64, base_width=16), discriminator(64, base_width=16)
    for model in (make, tell):
        kernels = [w for w in model.weights if w.name == "kernel"]
        for kernel in kernels:
            if np.prod(kernel.shape) > 5000:
                np.testing.assert_allclose(np.std(kernel), 0.02, rtol=0.05)
        norms = [
            x for x in model.layers if isinstance(x, layers.BatchNormalization)
        ]
        assert {(n.momentum, n.epsilon) for n in norms} == {(0.9, 1e-5)}
    slopes = [
        x.negative_slope
        for x in tell.layers
        if isinstance(x, keras.layers.LeakyReLU)
    ]
    assert slopes == pytest.approx([0.2] * 4)
    normed = [x.name for x in make.layers if x.name.startswith("norm")]
    assert normed == ["norm_project", "norm_up_1", "norm_up_2", "norm_up_3"]
    normed = [x.name for x in tell.layers if x.name.startswith("norm")]
    assert normed == ["norm_down_1", "norm_down_2", "norm_down_3"]
    assert np.abs(make(noise(2))).max() <= 1


@functools.cache
def kernels(build, networks, norm, seed):
    """Returns the kernels that are random, by their paths."""
    model = build(8, networks, norm=norm, weight_norm="none", seed=seed)
    weights = [w for w in model.weights if w.name == "kernel"]
    return {w.path: w.numpy() for w in weights if np.any(w)}


#: One that cancels biases, and one that activates: there, blocks are made in
#: another way.
RESIDUAL_NORMS = ("virtual", "evonorm_s0")
CASES = [("dcgan", norm) for norm in NORMS]
CASES += [(n, norm) for n in ("sngan", "r3gan") for norm in RESIDUAL_NORMS]


@pytest.mark.slow
@pytest.mark.parametrize(("networks", "norm"), CASES)
def test_every_norm_fits_in_both_and_kernels_depend_on_the_seed_alone(
    networks, norm
):
    for build in (generator, discriminator):
        plain, normed = (kernels(build, networks, n, 3) for n in ("none", norm))
        assert plain.keys() == normed.keys()
        for path, kernel in plain.items():
            np.testing.assert_array_equal(kernel, normed[path])
        other = kernels(build, networks, norm, 4)
        assert all(not np.array_equal(other[k], plain[k]) for k in plain)
        values = [k.ravel()[:20] for k in plain.values()]
        assert len({v.tobytes() for v in values}) == len(values)
    images = generator(8, networks, norm=norm)(noise(3), training=True)
    tell = discriminator(8, networks, norm=norm)
    assert tell(images, training=True).shape == (3, 1)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_outputs_are_float32_and_finite_under_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        images = generator(norm="batch")(noise(4))
        logits = discriminator(norm="batch")(images)
        point = zoo.toy_generator()(noise(4, 2))
    finally:
        keras.config.set_dtype_policy(before)
    for outputs in (images, logits, point):
        assert outputs.dtype == "float32"
        assert np.isfinite(outputs).all()


def test_a_shift_takes_over_the_bias():
    def biases(norm):
        weights = [
            *generator(norm=norm).weights,
            *discriminator(norm=norm).weights,
        ]
        return sum(w.name == "bias" for w in weights)

    # None but the last layers', and that of the first without a norm.
    assert biases("batch") == 3
    assert biases("none") == biases("rms") == 6


def test_a_virtual_norm_takes_its_reference():
    model = layers.ReferenceModel(generator(norm="virtual"), noise(8))
    mates = model(noise(3), training=True), model(noise(3)[:2], training=True)
    np.testing.assert_allclose(mates[0][:2], mates[1], 1e-5, 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("build", [zoo.toy_generator, zoo.toy_discriminator])
@pytest.mark.parametrize("norm", ["none", "batch", "layer", "virtual"])
def test_the_toys_take_norms_and_are_saved(build, norm, tmp_path):
    model = build(norm=norm, base_width=8)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    points = noise(3, 2)
    np.testing.assert_array_equal(loaded(points), model(points))
    normed = [x.name for x in model.layers if x.name.startswith("norm")]
    hidden = ["norm_dense_0", "norm_dense_1", "norm_dense_2"]
    assert normed == hidden


BAD = [
    (generator, {"resolution": 7}, "8 to 128.*resolution=7"),
    (generator, {"resolution": 256}, "8 to 128.*256"),
    (discriminator, {"resolution": 30}, "multiple of 4.*30.*to 32"),
    (discriminator, {"resolution": 100}, "multiple of 16.*100.*to 96"),
    (generator, {"latent_dim": 0}, "latent_dim.*0"),
    (generator, {"norm": "btach"}, "'btach'"),
    (zoo.toy_generator, {"depth": 0}, "depth.*0"),
]


@pytest.mark.parametrize(("build", "knobs", "message"), BAD)
def test_bad_knobs_are_refused(build, knobs, message):
    with pytest.raises(ValueError, match=message):
        build(**knobs)
