"""Trains one model with labels and measures it, once for each workdir."""

import functools
import json

from ..cluster import strategies
from ..cluster.broadcast import from_chief, on_all_workers
from ..cluster.workers import monitored, own_folder
from ..common import precision
from ..data import loading
from ..run import completion
from ..run.rundir import RunDir
from ..run.session import Session
from . import fit
from .build import compiled_model
from .settings import check_settings


def train(config, workdir, *, callbacks=(), verbose="auto", session=None):
    """Trains the model of `config` and measures it on the test split.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py`.
        workdir: folder of this run.
        callbacks: more Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.
        session: the `Session` of all runs of this process, or None.

    Returns:
        The result, as `DONE` holds it: `status` (`"finished"`, or
        `"diverged"` when a loss was not finite), `test_loss` and
        `test_accuracy` (null when diverged), `validation_loss`,
        `validation_accuracy`, `steps`, `parameters` (trainable ones),
        `seconds` (of training and validation, compilation included); on a
        text also `test_bits_per_character` and
        `validation_bits_per_character`.

    Raises:
        InputError: something in the config, the data or the workdir cannot be
            worked with; nothing has been written then.
    """
    check_settings(config)
    session = session or Session()
    strategy = session.strategy(config.distribution)
    with (
        monitored(strategy),
        strategy.scope(),
        own_folder(strategy, workdir) as folder,
    ):
        measure = functools.partial(
            fit.fit_and_measure, callbacks=callbacks, verbose=verbose
        )
        return _train(session, config, RunDir(folder), measure)


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

        def train_and_save():
            with fit.training(model, data, config, rundir) as run:
                result = measure(run, data)
            fit.save(model, rundir.path / "checkpoints")
            return result

        return completion.load_or_run(
            strategy, rundir, resolved, train_and_save
        )


def _look_up(rundir, resolved, config, strategy):
    """Returns the result of the finished run, or else its data."""
    rundir.check(resolved)
    if result := rundir.result():
        return result, None
    strategies.check(config, strategy)
    return None, loading.load_data(config)


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    resolved = config.to_dict()
    del resolved["compare"], resolved["checkpoint"]
    return json.loads(json.dumps(resolved))


def check(config):
    """Raises `InputError` unless a run with `config` can start."""
    check_settings(config)
    strategy = Session().strategy(config.distribution)
    strategies.check(config, strategy)
    data = loading.load_data(config)
    with strategy.scope(), precision.dtype_policy(config.precision):
        compiled_model(config, data)


def compared(config):
    """Returns what `config.compare.metric` can be."""
    text = loading.load_data(config).per_step
    return ("accuracy", "bits_per_character" if text else "loss")


def appendix(runs, results, workdir):
    """Returns HTML for a comparison's report: nothing."""
    del runs, results, workdir
    return ""
