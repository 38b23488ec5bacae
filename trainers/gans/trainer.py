"""Trains one GAN and measures it, once for each workdir."""

import functools
import json
import os
from collections.abc import Iterable
from typing import Any

import keras
from ml_collections import ConfigDict

from ..cluster import strategies
from ..cluster.broadcast import from_chief, on_all_workers
from ..cluster.workers import monitored, own_folder
from ..common import precision
from ..data import loading
from ..run import completion
from ..run.session import Session, opened
from ..run.trainer import Trainer
from . import build, finished, report, settings
from .metrics import measures
from .metrics.features import SOURCES
from .preparation import load_checked, prepared
from .settings import SETTINGS
from .traced import Traced
from .training import fit_and_measure, save, training


def train(
    config: ConfigDict,
    workdir: str | os.PathLike,
    *,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: int | str = "auto",
    session: Session | None = None,
) -> dict[str, Any]:
    """Trains the GAN of `config` and measures it.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/gan_default.py`.
        workdir: folder of this run.
        callbacks: additional Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.
        session: the `Session` of all runs of this process, or None.

    Returns:
        The result, as in the file `DONE`: `status` (`"finished"` or
        `"diverged"`); the metrics of the averaged generator after the last
        step, such as `last_frechet`, and in the last validation, such as
        `validation_frechet` (null if the run diverged); `best_frechet`, the
        best value on the validation split, and its `best_epoch`; `split`,
        `features`, `steps`, `skipped` steps of both networks, `parameters`
        (trainable ones of the generator), `memory` (see `inspection.memory`),
        `seconds`, and `examples` of each split.

    Raises:
        InputError: the config, the data or the workdir cannot be used; nothing
            was written.
    """
    config = settings.checked(config)
    with opened(session) as session:
        strategy = session.strategy(config.distribution)
        with monitored(strategy), own_folder(strategy, workdir) as folder:
            rundir = TRAINER.rundir(config, folder)
            result, *prepared = on_all_workers(
                strategy, lambda: _look_up(rundir, config, strategy)
            )
            if result := from_chief(strategy, result):
                return result
            session.seed(config.seed, config.deterministic)
            run = functools.partial(
                _train,
                models=session.models,
                callbacks=callbacks,
                verbose=verbose,
            )
            with strategy.scope(), precision.dtype_policy(config.precision):
                return run(strategy, config, rundir, *prepared)


def _look_up(rundir, config, strategy):
    """Returns the result of the finished run, or else data and evaluator."""
    resolved = resolve(config)
    rundir.check(resolved)
    if result := rundir.result(resolved):
        return result, None, None
    strategies.check(config, strategy)
    # Outside of the strategy's scope: each process measures by itself.
    return None, *prepared(config)


def _train(
    strategy, config, rundir, data, evaluator, models, callbacks, verbose
):
    gan = build.compiled_gan(config, data, models)
    gan.evaluator = evaluator.validate
    traced = models.kept_with(gan, lambda: Traced(gan, config.batch_size))
    evaluator.sampling = traced.sampling

    def train_and_save():
        with training(gan, data, config, rundir) as run:
            result = fit_and_measure(
                run, traced, data, evaluator, callbacks, verbose
            )
            result["examples"] = data.counts
        save(gan, evaluator, config, data, rundir.path)
        return result

    return completion.load_or_run(
        strategy, rundir, resolve(config), train_and_save
    )


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    return SETTINGS.resolve(config)


def check(configs):
    """Raises `InputError` unless a run with each of the configs can start.

    Networks are built, since nothing else tells whether they can be, but once
    where configs agree in what they are built from. A classifier that the
    metrics need is trained, and kept.
    """
    configs = [settings.checked(config) for config in configs]
    built = set()
    for config in configs:
        strategies.check(config, Session().strategy(config.distribution))
        data = load_checked(config, loading.load_own_splits)
        build.new_optimizers(config, data)
        with precision.dtype_policy(config.precision):
            for player, make in (
                ("generator", build.new_generator),
                ("discriminator", build.new_discriminator),
            ):
                like = _built_from(config, player, data)
                if like not in built:
                    make(config, data)
                built.add(like)
    for config in configs:
        SOURCES[config.metrics.features].prepare(config)


def _built_from(config, player, data):
    knobs = getattr(config, player).to_dict()
    del knobs["optimizer"]  # which is none of the network
    knobs = json.dumps(knobs, sort_keys=True)
    classes = data.num_classes if config.conditional else 0
    kind = config.networks, config.precision
    return player, knobs, *kind, data.input_shape, classes


#: Of generative adversarial networks, see `configs/gan_default.py`.
TRAINER = Trainer(
    key="generator",
    script="normzoo.trainers.gan",
    settings=SETTINGS,
    train=train,
    check=check,
    metrics=lambda config: measures.metrics(settings.checked(config)),
    table=lambda config: measures.columns(settings.checked(config)),
    # Both players get the same one.
    rates=tuple(f"{part}.learning_rate" for part in SETTINGS.optimizers),
    norm="generator.norm",
    models=finished.models,
    images=finished.images,
    served=finished.served,
    appendix=report.appendix,
)
