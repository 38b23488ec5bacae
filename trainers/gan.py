"""Trains one GAN, measures it, and makes samples of it.

    python -m normzoo.trainers.gan --config=digits_dcgan \
        --config.generator.norm=virtual --workdir=runs/virtual
    python -m normzoo.trainers.gan --config=digits_dcgan \
        --config.generator.norm=virtual --workdir=runs/virtual --mode=sample

The workdir gets what `normzoo.trainers.classify` leaves there, and `images/`:
the same noise after each epoch as PNGs and as an animated GIF, other noise, and
real examples. `--mode=evaluate` measures a finished run again, with other
metrics' settings for example; `--mode=sample` makes new pictures of it.
"""

import functools
import json
import pathlib
import sys

import keras
from absl import flags

from . import (
    app,
    distribution,
    gan_build,
    gan_checks,
    gan_data,
    gan_features,
    gan_images,
    gan_report,
    gan_run,
    once,
    precision,
)
from .agreement import from_chief, together
from .errors import InputError
from .files import write_json
from .gan_evaluation import Evaluator
from .gan_sampling import Sampler, latent
from .rundir import RunDir
from .workers import own_folder, watched


def train(config, workdir, *, callbacks=(), verbose="auto"):
    """Trains the GAN of `config` and measures it.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        workdir: folder of this run.
        callbacks: more Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.

    Returns:
        The result, as `DONE` holds it: `status` (`"finished"` or
        `"diverged"`); the metrics of the averaged generator after the last
        step, such as `last_frechet` (null when diverged); `best_frechet`, the
        best one on the validation split, and its `best_epoch`; `split`,
        `features`, `steps`, `skipped` steps of both networks, `parameters`
        (trainable ones of the generator), `seconds`.

    Raises:
        InputError: something in the config, the data or the workdir cannot be
            worked with; nothing has been written then.
    """
    strategy = distribution.strategy(config.distribution)
    with watched(strategy), own_folder(strategy, workdir) as folder:
        rundir = RunDir(folder)
        result, *prepared = together(strategy, lambda: _look_up(rundir, config))
        if result := from_chief(strategy, result):
            return result
        precision.set_seed(config.seed, config.deterministic)
        with strategy.scope(), precision.dtype_policy(config.precision):
            run = functools.partial(
                _train, callbacks=callbacks, verbose=verbose
            )
            return run(strategy, config, rundir, *prepared)


def _look_up(rundir, config):
    """Returns the result of the finished run, or else data and evaluator."""
    rundir.check(resolve(config))
    if result := rundir.result():
        return result, None, None
    # Outside of the strategy's scope: each process measures by itself.
    return None, *_prepare(config)


def _train(strategy, config, rundir, data, evaluator, callbacks, verbose):
    gan = gan_build.compiled_gan(config, data)
    gan.evaluator = evaluator.validate

    def work():
        with gan_run.training(gan, data, config, rundir) as run:
            result = gan_run.fit_and_measure(run, evaluator, callbacks, verbose)
        gan_run.save(gan, evaluator, data, rundir.path)
        return result

    return once.finished(strategy, rundir, resolve(config), work)


def evaluate(config, workdir):
    """Measures the generator of a finished run; returns the metrics.

    Args:
        config: that of the run, but for `config.metrics`.
        workdir: folder of the run; it gets `evaluation.json`.
    """
    generator = load_generator(config, workdir)
    _, evaluator = _prepare(config)
    split = config.metrics.split
    # Its statistics are those for sampling already.
    measured = evaluator.measure(generator, split)
    measured |= evaluator.dependence(generator)
    measured |= {"split": split, "features": config.metrics.features}
    write_json(pathlib.Path(workdir) / "evaluation.json", measured)
    return measured


def sample(config, workdir, seed=0, count=gan_run.SHOWN):
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
    generator = load_generator(config, workdir)
    make = Sampler(generator, config.batch_size)
    size = config.generator.latent_dim
    starts, ends = (latent(seed, role, 10, size) for role in ("start", "end"))
    pictures = {
        "sample": gan_images.grid(make(latent(seed, "sample", count, size))),
        "interpolation": gan_images.interpolation(make, starts, ends),
    }
    folder = pathlib.Path(workdir) / "images"
    paths = [folder / f"{name}-{seed}.png" for name in pictures]
    for path, picture in zip(paths, pictures.values(), strict=True):
        gan_images.save(picture, path)
    return paths


def load_generator(config, workdir):
    """Returns the averaged generator of a finished run.

    Raises:
        InputError: there is none, or it is one of another config.
    """
    rundir = RunDir(workdir)
    if rundir.result() is None:
        raise InputError(
            f"The workdir {workdir} holds no finished run. Train it first: the "
            "same command with --mode=train."
        )
    rundir.check(resolve(config))
    return keras.saving.load_model(
        rundir.path / "checkpoints" / "generator.keras"
    )


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    resolved = config.to_dict()
    del resolved["compare"], resolved["checkpoint"]
    del resolved["metrics"]["cache_dir"]
    return json.loads(json.dumps(resolved))


def check(config):
    """Raises `InputError` unless a run with `config` can start."""
    data, _ = _prepare(config)
    strategy = distribution.strategy(config.distribution)
    with strategy.scope(), precision.dtype_policy(config.precision):
        gan_build.compiled_gan(config, data)


def compared(config):
    """Returns what `config.compare.metric` can be."""
    metrics = ("frechet", "kernel", "precision", "recall")
    if config.networks == "toy":
        return (*metrics, "modes", "good")
    if config.metrics.features == "classifier":
        return (*metrics, "class_coverage", "class_entropy")
    return metrics


def appendix(runs, results, workdir):
    """Returns HTML for a comparison's report: all results, and pictures."""
    return gan_report.appendix(runs, results, workdir)


def _prepare(config):
    """Returns the data and the evaluator of a config that can be run."""
    data, modes = gan_data.load_data(config)
    gan_checks.check(config, data)
    gan_build.networks(config, data.image_shape)
    features = gan_features.load_features(config)
    evaluator = Evaluator(config, data, modes, features)
    evaluator.check()
    return data, evaluator


def main(flags):
    """Runs the script."""
    if flags.mode == "sample":
        seed, count = flags.sample_seed, flags.samples
        for path in sample(flags.config, flags.workdir, seed, count):
            print(path)
        return
    run = train if flags.mode == "train" else evaluate
    result = run(flags.config, flags.workdir)
    for key, value in result.items():
        print(f"{key}: {value}")
    print(f"Look closer: tensorboard --logdir={flags.workdir}")
    if result.get("status") == "diverged":
        print(
            f"error: a loss or a gradient was not finite by step "
            f"{result['steps']}. Lower the learning rates, or set "
            "--config.loss.on_nan=restore.",
            file=sys.stderr,
        )
        sys.exit(1)


def define_flags():
    """Defines the script's own flags: not on import, others import it."""
    modes = ["train", "evaluate", "sample"]
    flags.DEFINE_enum("mode", modes[0], modes, "What to do.")
    flags.DEFINE_integer("sample_seed", 0, "Of the noise of --mode=sample.")
    flags.DEFINE_integer("samples", 64, "How many.", lower_bound=1)


if __name__ == "__main__":
    define_flags()
    app.run_with_config(main)
