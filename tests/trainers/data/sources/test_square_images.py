"""Folders of images of any size, as squares."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from normzoo.configs import default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading
from normzoo.trainers.data.sources import square_images

from .. import prepared

RNG = np.random.default_rng(0)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def noise(height, width, *channels):
    return RNG.integers(0, 256, (height, width, *channels), np.uint8)


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Twenty images of each of two classes, of several sizes and kinds."""
    folder = tmp_path_factory.mktemp("classes")
    for i in range(20):
        save(folder / "dogs" / f"{i}.png", noise(9 + i, 12, 3))
        save(folder / "cats" / f"{i}.JPG", noise(10, 8 + i), format="JPEG")
    return folder


def load(folder, size=8, split_seed=-1):
    return square_images.load(str(folder), size, split_seed)


@prepared.needs("cifar10_jpeg")
def test_real_photographs_come_back_unchanged(tmp_path):
    images, labels = tfds.load(
        "cifar10_jpeg",
        data_dir=prepared.FOLDER,
        download=False,
        split="train[:120]",
        batch_size=-1,
        as_supervised=True,
    )
    images, labels = images.numpy(), labels.numpy()
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        save(tmp_path / f"class_{label}" / f"{i:03}.png", image)
    data = load(tmp_path, 32)
    assert data.num_classes == 10
    assert data.counts == {"train": 77, "validation": 19, "test": 24}
    known = {
        image.tobytes(): label
        for image, label in zip(images, labels, strict=True)
    }
    for split in (data.train, data.validation, data.test):
        for image, label in zip(split.inputs, split.labels, strict=True):
            assert known.pop(image.tobytes()) == label
    assert not known
    assert load(tmp_path, 64).input_shape == (64, 64, 3)


def test_the_middle_square_is_resized(tmp_path):
    pixels = np.zeros((16, 40, 3), np.uint8)
    pixels[:, 12:28] = 200
    # Seen upright, it is turned by a quarter.
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"png": {}, "jpg": {"quality": 100, "exif": exif}}
    for suffix, more in options.items():
        for i in range(5):
            save(tmp_path / f"{i}.{suffix}", pixels, **more)
    data = load(tmp_path)
    assert data.num_classes == 1
    for split in (data.train, data.validation, data.test):
        np.testing.assert_allclose(split.inputs, 200, atol=3)


def test_gray_images_palettes_and_transparency_get_three_colors(tmp_path):
    save(tmp_path / "gray.png", noise(9, 9))
    save(tmp_path / "alpha.png", noise(9, 9, 4))
    Image.fromarray(noise(9, 9, 3)).quantize(8).save(tmp_path / "few.gif")
    for i in range(3):
        save(tmp_path / f"{i}.bmp", noise(9, 9, 3))
    assert load(tmp_path).input_shape == (8, 8, 3)


def test_the_first_examples_have_all_classes(classes):
    data = load(classes)
    assert data.bounds == (0, 1)
    for split in (data.train, data.validation, data.test):
        assert set(split.labels[:6]) == {0, 1}


def test_the_split_seed_draws_validation_alone(classes):
    first, again, other = (load(classes, split_seed=s) for s in (0, -1, 5))
    assert again is first
    np.testing.assert_array_equal(first.test.inputs, other.test.inputs)
    assert (first.validation.inputs != other.validation.inputs).any()


def test_splits_that_are_there_are_taken(tmp_path):
    for split, count in (("train", 8), ("val", 3), ("test", 2)):
        for i in range(count):
            save(tmp_path / split / "a" / f"{i}.png", noise(9, 9, 3))
            save(tmp_path / split / "b" / f"{i}.png", noise(9, 9, 3))
    counts = {"train": 16, "validation": 6, "test": 4}
    assert load(tmp_path).counts == counts
    save(tmp_path / "test" / "c" / "0.png", noise(9, 9, 3))
    with pytest.raises(InputError, match="no class 'c'"):
        load(tmp_path, 16)


@pytest.mark.parametrize("folder", ["", "all"])
def test_images_without_classes_are_turned_to_have_some(folder, tmp_path):
    for i in range(25):
        save(tmp_path / folder / f"{i}.png", noise(8, 8, 3))
    name = square_images.with_labels(str(tmp_path))
    assert name != str(tmp_path)
    assert square_images.is_folder(name)
    plain, turned = load(tmp_path), load(name)
    assert (plain.num_classes, turned.num_classes) == (1, 4)
    for before, after in (
        (plain.train, turned.train),
        (plain.test, turned.test),  # Apart from training here, too.
    ):
        assert set(after.labels) == {0, 1, 2, 3}
        for i, label in enumerate(after.labels):
            expected = np.rot90(before.inputs[i], label)
            np.testing.assert_array_equal(after.inputs[i], expected)


def test_classes_that_are_there_are_kept(classes):
    assert square_images.with_labels(str(classes)) == str(classes)


def test_a_fingerprint_changes_with_the_files(tmp_path):
    save(tmp_path / "a" / "0.png", noise(8, 8))
    first = square_images.fingerprint(str(tmp_path))
    assert square_images.fingerprint(str(tmp_path)) == first
    save(tmp_path / "a" / "1.png", noise(8, 8))
    assert square_images.fingerprint(str(tmp_path)) != first


def test_a_config_names_a_folder(classes):
    config = default.get_config()
    config.batch_size = 26
    config.dataset.name, config.dataset.image_size = str(classes), 8
    data = loading.load_data(config)
    assert data.counts == {"train": 26, "validation": 6, "test": 8}


BAD = {
    "missing": ({"dataset.name": "/no/such/folder"}, "no folder /no/such"),
    "size": ({"dataset.image_size": 0}, "differ in size.*image_size=32"),
    "view": ({"dataset.view": "rows"}, "no more.*view='rows'"),
    "batch": ({"batch_size": 99}, "1 to 26.*99"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_folder_that_cannot_be_used(classes, name):
    overrides, message = BAD[name]
    config = default.get_config()
    config.dataset.name, config.dataset.image_size = str(classes), 8
    config.update_from_flattened_dict(overrides)
    with pytest.raises(InputError, match=message):
        loading.load_data(config)


def test_a_damaged_image_is_named(tmp_path):
    for i in range(5):
        save(tmp_path / f"{i}.png", noise(8, 8, 3))
    (tmp_path / "3.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"3\.png cannot be read"):
        load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no images"):
        load(tmp_path)
