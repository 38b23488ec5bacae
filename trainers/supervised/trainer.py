"""Trains one model with labels and measures it, once for each workdir."""

import functools
import os
import shutil
from collections.abc import Iterable
from typing import Any

import keras
from absl import logging
from ml_collections import ConfigDict

from ..cluster import strategies
from ..cluster.broadcast import from_chief, on_all_workers
from ..cluster.workers import monitored, own_folder
from ..common import precision
from ..data import loading
from ..own import files as own_model
from ..own import tasks
from ..run import completion
from ..run.session import Session, opened
from ..run.together import Together
from ..run.trainer import Trainer
from ..together.vectorizing import NotVectorizableError
from . import finished, fit
from .build import built_from, check_model, compiled_model, new_optimizer
from .callbacks import make_callbacks
from .choice import choose, structure
from .group import Group
from .population import find_population
from .settings import SETTINGS, check_best, checked
from .task import COMPILED, find_task


def train(
    config: ConfigDict,
    workdir: str | os.PathLike,
    *,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    verbose: int | str = "auto",
    session: Session | None = None,
) -> dict[str, Any]:
    """Trains the model of `config` and measures it on the test split.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py`.
        workdir: folder of this run.
        callbacks: additional Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.
        session: the `Session` of all runs of this process, or None.

    Returns:
        The result, as in the file `DONE`: `status` (`"finished"`, or
        `"diverged"` when a loss was not finite), `test_loss` and
        `test_accuracy`, the same for `validation` and `train` (the mean over
        the last epoch, in training mode), the `examples` of each split,
        `test_examples` and `validation_examples`, `steps`, `parameters`
        (trainable ones), `memory` (see `inspection.memory`) and `seconds` (of
        training and validation, including compilation); for text also
        `test_bits_per_character` and the like. The figures of a diverged run
        are null.

        If the model's norms have moving statistics and
        `config.population.examples` is not 0, test and validation are measured
        with the statistics of the training data for the final weights, and
        `test_accuracy_moving` and the like are measured with the moving ones.
        `population` says from how many `batches` and `examples` the statistics
        were computed, and in how many `seconds`.

    Raises:
        InputError: the config, the data or the workdir cannot be used; nothing
            was written.
    """
    config = checked(config)
    with opened(session) as session:
        strategy = session.strategy(config.distribution)
        with (
            monitored(strategy),
            strategy.scope(),
            own_folder(strategy, workdir) as folder,
        ):
            measure = functools.partial(
                fit.fit_and_measure,
                callbacks=[*make_callbacks(config), *callbacks],
                verbose=verbose,
            )
            rundir = TRAINER.rundir(config, folder)
            return _train(session, config, rundir, measure)


def _train(session, config, rundir, measure):
    resolved = resolve(config)
    strategy = session.strategy(config.distribution)
    result, data = on_all_workers(
        strategy, lambda: _look_up(rundir, resolved, config, strategy)
    )
    if result := from_chief(strategy, result):
        return result
    session.seed(config.seed, config.deterministic)
    with precision.dtype_policy(config.precision):
        model = compiled_model(config, data, session.models)
        population = find_population(model, data, config, session.models)

        def train_and_save():
            with fit.training(model, data, config, rundir) as run:
                result = measure(run, data, population)
            fit.save(model, rundir.path / "checkpoints", result)
            return result

        return completion.load_or_run(
            strategy, rundir, resolved, train_and_save
        )


def _look_up(rundir, resolved, config, strategy):
    """Returns the result of the finished run, or else its data."""
    rundir.check(resolved)
    if result := rundir.result(resolved):
        return result, None
    strategies.check(config, strategy)
    return None, _data(config, loading.load_data)


def _data(config, load):
    """Returns the data of a run; raises `InputError` if they do not fit it.

    Args:
        config: of the run.
        load: `loading.load_data`, or what is as good for a check.
    """
    data = load(config)
    check_best(config, [find_task(config, data)])
    return data


def begin_together(configs, workdirs, folder, session, mode, executor=None):
    """Makes the program of runs of one structure, and trains nothing yet.

    If an operation turns out not to be vectorizable, they will train alone.

    Args:
        configs: as `train` takes, one per run.
        workdirs: folder of each run.
        folder: for what the group needs while it trains.
        session: the `Session` of the process.
        mode: one of `programs.PROGRAMS`.
        executor: whose thread compiles a program that is `"stacked"`, or None:
            it is compiled by its first step.

    Returns:
        A function that trains them, each as `train` would alone, and returns
        the number of a run -> its result, of those that had none. Its argument
        is a function that is called after each epoch with the share of the
        training that is done.

    Raises:
        InputError: as `train`; so does the function.
    """
    configs = list(map(checked, configs))
    rundirs = [
        TRAINER.rundir(config, workdir)
        for config, workdir in zip(configs, workdirs, strict=True)
    ]
    resolved = list(map(resolve, configs))
    for rundir, each in zip(rundirs, resolved, strict=True):
        rundir.check(each)
    group = Group(configs, rundirs, resolved, folder, session, mode)
    group.begin(executor)
    runs = list(zip(configs, workdirs, strict=True))
    return functools.partial(_train_together, group, runs, folder, session)


def _train_together(group, runs, folder, session, report):
    try:
        return group.train(report)
    except NotVectorizableError as error:
        # Found by tracing the first step or the first validation.
        logging.warning("Runs train alone: %s", error)
        shutil.rmtree(folder, ignore_errors=True)
    return {
        number: train(config, workdir, verbose=0, session=session)
        for number, (config, workdir) in enumerate(runs)
    }


def check(configs):
    """Raises `InputError` unless a run with each of the configs can start.

    Models are built, since nothing else tells whether they can be, but once
    where configs agree in what they are built from, and without a graph.
    """
    built = set()
    for config in map(checked, configs):
        strategies.check(config, Session().strategy(config.distribution))
        data = _data(config, loading.load_own_splits)
        new_optimizer(config, data)
        make_callbacks(config)
        with precision.dtype_policy(config.precision):
            like = built_from(config, data)
            if like not in built:
                check_model(config, data)
        built.add(like)


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    return SETTINGS.resolve(config)


def _metrics(config):
    config = checked(config)
    return find_task(config, loading.load_own_splits(config)).columns()


def _about(config):
    """Returns what a model of a user's own learns; "" of other models."""
    config = checked(config)
    if config.task != COMPILED:
        return ""
    data = loading.load_own_splits(config)
    model = own_model.load(config.model.path)
    targets = tasks.targets_of(model, *data.train.batch[:2])
    if not targets:
        return ""
    return f"Task: {tasks.said(targets)}, inferred from loss and labels."


#: Of models with labels, see `configs/default.py`.
TRAINER = Trainer(
    key="model",
    script="normzoo.trainers.classify",
    settings=SETTINGS,
    train=train,
    check=check,
    metrics=_metrics,
    table=_metrics,
    about=_about,
    models=finished.models,
    images=finished.images,
    served=finished.served,
    together=Together(structure=structure, choose=choose, begin=begin_together),
)
