"""What is in memory and what models see, for numbers of every type."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, pipeline, scaling, views
from normzoo.trainers.gans import pictures, real

from . import made
from .made import FEATURES, with_data

#: Type -> what it is divided by, its type in memory, the rounding there.
TYPES = {
    "bool": (1, "uint8", 1 / 255),
    "uint8": (255, "uint8", 1 / 255),
    "int8": (127, "float32", 1e-7),
    "uint16": (65535, "uint16", 1 / 65535),
    "int16": (32767, "float32", 1e-7),
    "int32": (2**31 - 1, "float32", 1e-7),
    "uint32": (2**32 - 1, "float32", 1e-7),
    "int64": (2**63 - 1, "float32", 1e-7),
    "float16": (1, "float32", 1e-7),
    "float32": (1, "float32", 1e-7),
    "float64": (1, "float32", 1e-7),
}
#: Those of whole data sets here, made with TFDS' tensors and its images.
TENSORS = ("bool", "uint8", "uint16", "int32", "float32", "float64")
IMAGES = ("uint16", "float32")
COUNT = sum(made.COUNTS.values())


def raw(name):
    """Returns images (examples, 4, 4) of a type, over all of its range."""
    shares = np.random.default_rng(0).random((COUNT, 4, 4))
    shares[:, 0, 0], shares[:, 3, 3] = 0, 1
    if name == "bool":
        return shares > 0.5
    top = TYPES[name][0]
    values = shares * top if top > 1 else shares
    if top >= 2**53:  # float64 has no such integers
        return (values / 2).astype(name)
    return values.astype(name)


def unit(name):
    """Returns what models should see of `raw`, in float64."""
    return raw(name).astype(np.float64) / TYPES[name][0]


def resized(images, size):
    """Returns images resized as by bilinear interpolation, centers aligned."""
    side = images.shape[1]
    places = (np.arange(size) + 0.5) * side / size - 0.5
    places = np.clip(places, 0, side - 1)[:, None]
    weights = np.maximum(0, 1 - np.abs(places - np.arange(side)))
    return weights @ images @ weights.T


def pooled(images, size):
    """Returns the means over squares."""
    rows = [images[:, i::size, j::size] for i, j in np.ndindex(size, size)]
    return np.mean(rows, axis=0)


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory):
    """A folder with sets of images, most without channels."""
    folder = tmp_path_factory.mktemp("made")
    for name in TENSORS:
        images = raw(name)
        feature = FEATURES.Tensor(shape=(4, 4), dtype=images.dtype)
        prepare(f"of_{name}", folder, feature, images)
    for name in IMAGES:
        feature = FEATURES.Image(shape=(4, 4, 1), dtype=np.dtype(name))
        prepare(f"image_{name}", folder, feature, raw(name)[..., None])
    return folder


def prepare(name, folder, feature, images):
    """Prepares the same images, in order, for both splits."""
    labels = (FEATURES.ClassLabel(num_classes=COUNT), lambda i: i)
    made.prepare_images(name, folder, feature, lambda i: images[i], labels)


def load(config, name, folder, **settings):
    config = with_data(config, name, folder)
    config.dataset.update(settings)
    config.dataset.train_split = config.dataset.validation_split = "train"
    return loading.load_data(config)


def seen(split):
    """Returns what models see of a split, and its labels."""
    ((inputs, labels),) = pipeline.evaluation_batches(split, COUNT)
    assert inputs.dtype == tf.float32
    return inputs.numpy(), labels.numpy()


NAMES = [f"of_{name}" for name in TENSORS]
NAMES += [f"image_{name}" for name in IMAGES]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size", "pooling"), [(0, 1), (6, 2)])
def test_models_see_what_was_saved(config, made_dir, name, size, pooling):
    data = load(config, name, made_dir, image_size=size, pooling=pooling)
    dtype = name.partition("_")[2]
    _, stored, rounding = TYPES[dtype]
    assert data.train.inputs.dtype == stored
    side = (size or 4) // pooling
    assert data.input_shape == (side, side, 1)
    images, labels = seen(data.train)
    expected = unit(dtype)[labels]
    if size:
        expected = resized(expected, size)
    expected = pooled(expected, pooling)
    # Rounded once or twice, by half a step at most.
    atol = rounding * ((size > 0) + (pooling > 1)) / 2 + 2e-7
    np.testing.assert_allclose(images[..., 0], expected, atol=atol)
    if dtype == "bool" and not size and pooling == 1:
        assert set(np.unique(images)) == {0, 1}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uint8", "uint16", "int32", "float32"])
def test_a_gan_sees_it_from_minus_one_to_one(config, made_dir, name):
    data = load(config, f"of_{name}", made_dir)
    assert data.bounds == (0, 1)
    real.check(data)
    images, labels = seen(data.train)
    examples = real.examples(data, "train")
    np.testing.assert_allclose(examples, 2 * images - 1, atol=3e-7)
    (batch,) = real.training_batches(data, False, len(labels), 1, seed=0)
    np.testing.assert_allclose(
        np.sort(batch.numpy(), None), np.sort(examples, None), atol=3e-7
    )
    # What classifiers, as metrics' features, see of real and made images.
    np.testing.assert_allclose(real.to_unit(examples), images, atol=3e-7)
    picture = np.asarray(pictures.grid(examples[:1]))[1:-1:8, 1:-1:8]
    np.testing.assert_allclose(picture, 255 * images[0, ..., 0], atol=0.6)


def test_floats_beyond_0_and_1_are_for_classifiers_only(config, tmp_path):
    images = raw("float32")[..., None] * 3 - 1
    feature = FEATURES.Tensor(shape=(4, 4, 1), dtype=np.float32)
    prepare("beyond", tmp_path, feature, images)
    data = load(config, "beyond", tmp_path)
    inputs, labels = seen(data.train)
    np.testing.assert_array_equal(inputs, images[labels])
    assert data.bounds is None
    with pytest.raises(InputError, match=r"float32 from -1.0 to 2.0. Scale"):
        real.check(data)


def test_signals_are_scaled_alike(config, tmp_path):
    signals = np.linspace(-32768, 32767, COUNT * 5).astype(np.int16)
    signals = signals.reshape(COUNT, 5)
    made.prepare(
        "sound",
        {
            "signal": FEATURES.Tensor(shape=(5,), dtype=np.int16),
            "label": FEATURES.ClassLabel(num_classes=COUNT),
        },
        lambda i: {"signal": signals[i], "label": i},
        tmp_path,
    )
    data = load(config, "sound", tmp_path)
    inputs, labels = seen(data.train)
    np.testing.assert_allclose(inputs, signals[labels] / 32767, rtol=1e-6)
    assert data.bounds is None
    config.dataset.view = "pixels"
    assert loading.load_data(config).input_shape == (5, 1)


@pytest.mark.parametrize("name", TYPES)
def test_every_type(name):
    stored = scaling.stored(tf.constant(raw(name)))
    assert stored.dtype == TYPES[name][1]
    np.testing.assert_allclose(scaling.seen(stored), unit(name), atol=2e-7)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_arrays_and_tensors_are_scaled_alike(dtype):
    inputs = np.arange(256).astype(dtype)
    array, tensor = scaling.seen(inputs), scaling.seen(tf.constant(inputs))
    np.testing.assert_array_equal(array, tensor)
    assert array.dtype == tensor.dtype == np.float32
    for options in ({}, {"jit_compile": True}):
        graph = tf.function(scaling.seen, **options)
        np.testing.assert_array_equal(graph(tf.constant(inputs)), array)


def test_pooled_floats_are_not_rounded():
    images = np.array([[0.1, 0.2], [0.3, 0.8]], np.float32)
    pooled = views.pool(images.reshape(1, 2, 2, 1), 2)
    np.testing.assert_allclose(pooled.ravel(), [0.35], rtol=1e-6)
    assert pooled.dtype == np.float32


def test_numpys_integers_are_numbers(config):
    plain = config.copy_and_resolve_references()
    plain.dataset.image_size, plain.dataset.pooling = 12, 2
    with config.ignore_type():
        for key, value in (("image_size", 12), ("pooling", 2), ("window", 5)):
            config.dataset[key] = np.int64(value)
    data = loading.load_data(config)
    assert loading.load_data(plain) is data
    assert data.input_shape == (6, 6, 1)


@pytest.mark.parametrize("value", [2.5, np.float64(28), "28", None, -1])
def test_other_sizes_are_refused(config, value):
    with config.ignore_type():
        config.dataset.image_size = value
    with pytest.raises(InputError, match=r"dataset.image_size must be"):
        loading.load_data(config)
