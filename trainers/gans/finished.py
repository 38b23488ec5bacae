"""What is done with a finished GAN: measuring it again, and samples."""

import os
import pathlib
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from ml_collections import ConfigDict
from PIL import Image

from ...layers import ClassCondition
from ...layers.models.inner_layers import inner_layers
from ..common.errors import InputError
from ..common.files import write_json
from ..common.paths import user_path
from ..common.served import Served
from ..own import files
from ..run.rundir import RunDir
from . import pictures, settings
from .inputs import rows_of_classes, shown_classes
from .model.given import given
from .preparation import prepared
from .sampling import Sampling, latent
from .settings import SETTINGS

#: The networks of a run; the raw generator has the layers of the averaged one.
_NETWORKS = ("discriminator", "generator")

#: How many examples a generator is compared on with what is made of it.
_SERVED = 256

#: Of the picture of interpolations.
_ROWS = 10


def evaluate(config: ConfigDict, workdir: str | os.PathLike) -> dict[str, Any]:
    """Measures the generator of a finished run; returns the metrics.

    Args:
        config: that of the run, but for `config.metrics`.
        workdir: folder of the run; it gets `evaluation.json`.
    """
    config = settings.checked(config)
    generator = load_generator(config, workdir)
    _, evaluator = prepared(config)
    split = config.metrics.split
    # Its statistics are those for sampling already.
    measured = evaluator.measure_last(generator, split)
    measured |= evaluator.dependence(generator)
    measured |= {"split": split, "features": config.metrics.features}
    write_json(user_path(workdir) / "evaluation.json", measured)
    return measured


def sample(
    config: ConfigDict,
    workdir: str | os.PathLike,
    seed: int = 0,
    count: int = 64,
    labels: Iterable[int] = (),
) -> list[pathlib.Path]:
    """Makes pictures with the generator of a finished run.

    Args:
        config: that of the run.
        workdir: folder of the run.
        seed: of the noise.
        count: how many examples; of a conditional GAN as many as fill the rows.
        labels: the classes that the rows of a conditional GAN's picture show,
            each with the same noise. None given: ten at most, evenly spread.

    Returns:
        The paths of `images/sample-SEED.png` and, where each row leads from
        one noise to another, `images/interpolation-SEED.png`.
    """
    config = settings.checked(config)
    generator = load_generator(config, workdir)
    labels = _labels(config, generator, labels)
    make = Sampling(generator, config.batch_size)
    made = {
        "sample": _samples(config, make, seed, count, labels),
        "interpolation": _interpolation(config, make, seed, labels),
    }
    folder = user_path(workdir) / "images"
    paths = [folder / f"{name}-{seed}.png" for name in made]
    for path, picture in zip(paths, made.values(), strict=True):
        pictures.save(picture, path)
    return paths


def _labels(config, generator, labels):
    """Returns the classes that pictures show, or None without classes."""
    if not config.conditional:
        if labels:
            raise InputError(
                "Only a conditional GAN can be asked for a class. Received: "
                f"labels {list(labels)} and conditional=False. Leave out the "
                "labels."
            )
        return None
    classes = classes_of(generator)
    labels = list(labels) or shown_classes(classes)
    if not all(0 <= label < classes for label in labels):
        raise InputError(
            f"The labels are 0 to {classes - 1}. Received: {labels}."
        )
    return labels


def _samples(config, make, seed, count, labels):
    if labels is None:
        noise = latent(seed, "sample", count, config.generator.latent_dim)
        return pictures.grid(make(noise))
    columns = -(-count // len(labels))
    inputs = rows_of_classes(config, seed, "sample", labels, columns)
    return pictures.grid(make(inputs), columns)


def _interpolation(config, make, seed, labels):
    size = config.generator.latent_dim
    starts, ends = (
        latent(seed, role, _ROWS, size) for role in ("start", "end")
    )
    classes = None if labels is None else np.resize(labels, _ROWS)

    def made(noise):
        if classes is None:
            return make(noise)
        each = np.repeat(classes, len(noise) // _ROWS)
        return make(given(noise, each.astype(np.int32)))

    return pictures.interpolation(made, starts, ends)


def load_generator(
    config: ConfigDict, workdir: str | os.PathLike
) -> keras.Model:
    """Returns the averaged generator of a finished run.

    Args:
        config: that of the run, but for `config.metrics`.
        workdir: folder of the run.

    Raises:
        InputError: there is none, or it is one of another config.
    """
    config = settings.checked(config)
    rundir = RunDir(workdir, SETTINGS.defaults_of(config))
    resolved, apart = SETTINGS.resolve(config), ("metrics",)
    if rundir.result(resolved, apart) is None:
        raise InputError(
            f"The workdir {workdir} holds no finished run. Train it first: the "
            "same command with --mode=train."
        )
    rundir.check(resolved, apart)
    return files.load_any(rundir.path / "checkpoints" / "generator.keras")


def models(config, folder):
    """Returns name -> the network of a finished run.

    Args:
        config: not used.
        folder: of the run, a `pathlib.Path`.
    """
    del config
    paths = [folder / "checkpoints" / f"{name}.keras" for name in _NETWORKS]
    return {
        path.stem: keras.models.load_model(path, compile=False)
        for path in paths
        if path.exists()
    }


def served(config, models, folder):
    """Returns the `Served` of a finished run: its generator, and noise.

    Args:
        config: that of the run.
        models: from `models`.
        folder: of the run, a `pathlib.Path`.
    """
    config, generator = settings.checked(config), models["generator"]

    def inputs(role, rows):
        noise = latent(config.seed, role, rows, config.generator.latent_dim)
        if not config.conditional:
            return noise
        classes = classes_of(generator)
        return given(noise, np.arange(rows, dtype=np.int32) % classes)

    return Served(
        model=generator,
        inputs=inputs("export", _SERVED),
        source="the generator's noise",
        calibration=inputs("calibration", _SERVED),
        path=folder / "checkpoints" / "generator.keras",
    )


def classes_of(generator):
    """Returns how many classes a conditional generator makes."""
    layers = inner_layers(generator)
    return next(x.classes for x in layers if isinstance(x, ClassCondition))


def images(config, models, folder):
    """Yields pairs of a tag and the pixels of an image of a finished run.

    Args:
        config, models: not used.
        folder: of the run, a `pathlib.Path`.
    """
    del config, models
    found = sorted((folder / "images").glob("fixed-*.png"))[-1:]
    for tag, paths in (
        ("samples", found),
        ("real_examples", [folder / "images/real.png"]),
    ):
        for path in filter(pathlib.Path.exists, paths):
            with Image.open(path) as picture:
                yield tag, np.asarray(picture.convert("RGB"))
