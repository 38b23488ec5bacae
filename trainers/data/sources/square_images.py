"""A folder of images of any size as squares of one size, in RGB.

`config.dataset.name` names it by a path that begins with `/`, `.` or `~`, which
no name of TFDS does.
"""

import concurrent.futures
import functools
import hashlib
import pathlib

import numpy as np
from PIL import Image, ImageOps

from ...common.errors import InputError
from ...common.paths import user_path
from .. import array_files
from ..examples import SPLITS, Data, Examples
from .batches import shown
from .image_files import listed, splits_of, unlabeled

#: Before the path: images turned by 0 to 3 quarters, which are their labels.
_TURNED, _TURNS = "turned:", 4


def is_folder(name):
    """Returns whether `config.dataset.name` names a folder, or its turns."""
    return name.removeprefix(_TURNED).startswith(("/", ".", "~"))


def with_labels(name):
    """Returns a name of the same images with labels.

    Those of a folder without classes are how far each image is turned. A
    network that tells the turns has to see what is in the images ([Gidaris et
    al., 2018](https://arxiv.org/abs/1803.07728)).
    """
    path = _path(name)
    if unlabeled(path) or len(set(listed(splits_of(path)["train"])[1])) < 2:
        return _TURNED + name
    return name


def fingerprint(name):
    """Returns a text that changes with the files of a folder, or ""."""
    path = _path(name)
    if not path.is_dir():
        return ""
    files = sorted(each for each in path.rglob("*") if each.is_file())
    sizes = [f"{x.relative_to(path)} {x.stat().st_size}" for x in files]
    return hashlib.sha256("\n".join(sizes).encode()).hexdigest()[:12]


def load(name, image_size, split_seed):
    """Returns the `Data` of a folder; equal calls share it.

    The largest square in the middle of an image is resized. What splits are not
    given is held out of training, a fifth each: the same images for a test
    split, others for each `split_seed` for a validation split.

    Args:
        name: of the folder: `CLASS/IMAGE`, `SPLIT/CLASS/IMAGE`, images and a
            `labels.csv`, or images alone, which are one class.
        image_size: pixels a side.
        split_seed: from 0; -1 is as good as 0.

    Raises:
        InputError: there is no such folder, it has no images, one cannot be
            read, or a split has classes that training has not.
    """
    path = _path(name)
    if not path.is_dir():
        raise InputError(
            f"There is no folder {path}. Expected of dataset.name: a folder of "
            "images, or a data set's name without a path."
        )
    if not image_size:
        raise InputError(
            f"Images of the folder {name} may differ in size. Set "
            "--config.dataset.image_size=32, or 64."
        )
    return _split(name, image_size, max(split_seed, 0))


@functools.lru_cache(maxsize=2)
def _split(name, image_size, split_seed):
    if name.startswith(_TURNED):
        straight = name.removeprefix(_TURNED)
        return _turned(_split(straight, image_size, split_seed))
    splits, classes = _given(name, image_size)
    splits = dict(splits)
    if "test" not in splits:
        splits["train"], splits["test"] = array_files.parted(splits["train"], 0)
    if "validation" not in splits:
        splits["train"], splits["validation"] = array_files.parted(
            splits["train"], split_seed
        )
    return Data(*(splits[x] for x in SPLITS), classes, bounds=(0, 1))


@functools.lru_cache(maxsize=1)
def _given(name, image_size):
    """Returns split -> `Examples`, and the number of classes."""
    path = _path(name)
    if files := unlabeled(path):
        found = {"train": (files, np.zeros(len(files), int))}
    else:
        found = {k: listed(each) for k, each in splits_of(path).items()}
    classes = np.unique(np.asarray(found["train"][1]))
    splits = {
        split: _shuffled(
            Examples(_read(files, image_size), _coded(labels, classes, path))
        )
        for split, (files, labels) in found.items()
    }
    return splits, len(classes)


def _path(name):
    return user_path(pathlib.Path(name.removeprefix(_TURNED)), "data folder")


def _coded(labels, classes, path):
    """Returns labels as numbers of classes."""
    labels = np.asarray(labels)
    unknown = sorted(set(labels.tolist()) - set(classes.tolist()))
    if unknown:
        raise InputError(
            f"The images for training in {path} have no class {unknown[0]!r}, "
            "and others have. Expected: the same classes in each split."
        )
    return np.searchsorted(classes, labels).astype(np.int64)


def _shuffled(examples):
    """Returns examples in another order than that of their classes.

    Whoever takes the first ones gets all classes.
    """
    return examples.taken(np.random.default_rng(0).permutation(examples.count))


def _turned(data):
    """Returns each image turned by as many quarters as its label then says."""
    splits = {}
    for split in SPLITS:
        images = getattr(data, split).inputs
        labels = np.arange(len(images)) % _TURNS
        turned = images.copy()
        for quarters in range(1, _TURNS):
            rows = labels == quarters
            turned[rows] = np.rot90(images[rows], quarters, axes=(1, 2))
        splits[split] = Examples(turned, labels)
    return data._replace(**splits, num_classes=_TURNS)


def _read(files, size):
    images = np.empty((len(files), size, size, 3), np.uint8)
    square = functools.partial(_square, size=size)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = shown(pool.map(square, files), "Reading images", len(files))
        for i, image in enumerate(found):
            images[i] = image
    return images


def _square(file, size):
    try:
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    # Pillow raises many types for files that are damaged.
    except Exception as error:
        raise InputError(
            f"The image {file} cannot be read: {error} Remove it, or save it "
            "again."
        ) from error
    width, height = upright.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = upright.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
