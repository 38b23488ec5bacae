"""What is done with a finished GAN: measuring it again, and samples."""

import pathlib

import keras
import numpy as np
from PIL import Image

from ..common.errors import InputError
from ..common.files import write_json
from ..common.paths import user_path
from ..run.rundir import RunDir
from . import pictures, settings
from .preparation import prepared
from .sampling import Sampler, latent
from .settings import SETTINGS
from .training import SHOWN

#: The networks of a run; the raw generator has the layers of the averaged one.
_NETWORKS = ("discriminator", "generator")


def evaluate(config, workdir):
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
    measured = evaluator.measure(generator, split)
    measured |= evaluator.dependence(generator)
    measured |= {"split": split, "features": config.metrics.features}
    write_json(user_path(workdir) / "evaluation.json", measured)
    return measured


def sample(config, workdir, seed=0, count=SHOWN):
    """Makes pictures with the generator of a finished run.

    Args:
        config: that of the run.
        workdir: folder of the run.
        seed: of the noise.
        count: how many examples.

    Returns:
        The paths of `images/sample-SEED.png` and, where each row leads from
        one noise to another, `images/interpolation-SEED.png`.
    """
    config = settings.checked(config)
    generator = load_generator(config, workdir)
    make = Sampler(generator, config.batch_size)
    size = config.generator.latent_dim
    starts, ends = (latent(seed, role, 10, size) for role in ("start", "end"))
    made = {
        "sample": pictures.grid(make(latent(seed, "sample", count, size))),
        "interpolation": pictures.interpolation(make, starts, ends),
    }
    folder = user_path(workdir) / "images"
    paths = [folder / f"{name}-{seed}.png" for name in made]
    for path, picture in zip(paths, made.values(), strict=True):
        pictures.save(picture, path)
    return paths


def load_generator(config, workdir):
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
    return keras.saving.load_model(
        rundir.path / "checkpoints" / "generator.keras"
    )


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
