"""Trains one GAN, measures it, and makes samples of it."""

import functools
import json
import pathlib

import keras

from ..cluster import strategies
from ..cluster.broadcast import from_chief, on_all_workers
from ..cluster.workers import monitored, own_folder
from ..common import precision
from ..common.errors import InputError
from ..common.files import write_json
from ..data import loading
from ..run import completion
from ..run.rundir import RunDir
from ..run.session import Session
from . import build, pictures, report, settings
from .metrics import features
from .metrics.evaluation import Evaluator
from .sampling import Sampler, latent
from .training import SHOWN, fit_and_measure, save, training


def train(config, workdir, *, callbacks=(), verbose="auto", session=None):
    """Trains the GAN of `config` and measures it.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        workdir: folder of this run.
        callbacks: more Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.
        session: the `Session` of all runs of this process, or None.

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
    session = session or Session()
    strategy = session.strategy(config.distribution)
    with monitored(strategy), own_folder(strategy, workdir) as folder:
        rundir = RunDir(folder)
        result, *prepared = on_all_workers(
            strategy, lambda: _look_up(rundir, config, strategy)
        )
        if result := from_chief(strategy, result):
            return result
        session.seed(config.seed, config.deterministic)
        with strategy.scope(), precision.dtype_policy(config.precision):
            run = functools.partial(
                _train, callbacks=callbacks, verbose=verbose
            )
            return run(strategy, config, rundir, *prepared)


def _look_up(rundir, config, strategy):
    """Returns the result of the finished run, or else data and evaluator."""
    rundir.check(resolve(config))
    if result := rundir.result():
        return result, None, None
    strategies.check(config, strategy)
    # Outside of the strategy's scope: each process measures by itself.
    return None, *_prepare(config)


def _train(strategy, config, rundir, data, evaluator, callbacks, verbose):
    gan = build.compiled_gan(config, data)
    gan.evaluator = evaluator.validate

    def train_and_save():
        with training(gan, data, config, rundir) as run:
            result = fit_and_measure(run, evaluator, callbacks, verbose)
        save(gan, evaluator, data, rundir.path)
        return result

    return completion.load_or_run(
        strategy, rundir, resolve(config), train_and_save
    )


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
    generator = load_generator(config, workdir)
    make = Sampler(generator, config.batch_size)
    size = config.generator.latent_dim
    starts, ends = (latent(seed, role, 10, size) for role in ("start", "end"))
    made = {
        "sample": pictures.grid(make(latent(seed, "sample", count, size))),
        "interpolation": pictures.interpolation(make, starts, ends),
    }
    folder = pathlib.Path(workdir) / "images"
    paths = [folder / f"{name}-{seed}.png" for name in made]
    for path, picture in zip(paths, made.values(), strict=True):
        pictures.save(picture, path)
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
    strategy = Session().strategy(config.distribution)
    strategies.check(config, strategy)
    data, _ = _prepare(config)
    with strategy.scope(), precision.dtype_policy(config.precision):
        build.compiled_gan(config, data)


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
    return report.appendix(runs, results, workdir)


def _prepare(config):
    """Returns the data and the evaluator of a config that can be run."""
    data = loading.load_data(config)
    settings.check(config, data)
    build.networks(config, data.input_shape)
    extractor = features.load_features(config)
    evaluator = Evaluator(config, data, extractor)
    evaluator.check()
    return data, evaluator
