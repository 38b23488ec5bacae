"""Times the predictions of one model with different norms, side by side.

No script of its own: `normzoo.trainers.claims` runs configs that have a
`latency`. Nothing else may run meanwhile, so with `--jobs=1`.
"""

import dataclasses
import time

import ml_collections
import numpy as np
import tensorflow as tf

from ...configs import default
from ...layers import ReferenceModel, fold_batch_norm
from ..common import precision, timing
from ..common.errors import InputError
from ..data import loading, pipeline
from ..run import completion
from ..run.session import opened
from ..run.trainer import Trainer
from . import settings as classifiers
from .build import build_model, built_from
from .settings import checked
from .task import find_task, units_of

#: Those that differ in their norm alone; `"folded"` comes from `"batch"`.
NORMS = ("none", "batch", "layer", "virtual")
_REFERENCE = 128  # examples of virtual batch norm's reference, at most


def train(config, workdir, *, verbose=0, session=None):
    """Times the predictions of `config.model` with each norm.

    The variants take turns in an order that depends on the seed. Each is a
    `tf.function` of the model with `training=False`, and is called with the
    first `config.batch_size` training examples, `config.latency.repeats` times.
    A finished run with the same config is not repeated.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py` and
            `latency.repeats`; `model.norm` is not looked at.
        workdir: folder of this run.
        verbose: not looked at.
        session: the `Session` of all runs of this process, or None.

    Returns:
        The result, as `DONE` holds it: `status` (`"finished"`), the median
        seconds of a call as `latency_none`, `latency_batch`,
        `latency_folded`, `latency_layer`, `latency_virtual`, and `seconds` of
        the run.

    Raises:
        InputError: something in the config, the data or the workdir cannot be
            worked with.
    """
    del verbose
    config = _checked(config)
    rundir, resolved = TRAINER.rundir(config, workdir), resolve(config)
    rundir.check(resolved)
    if result := rundir.result(resolved):
        return result
    data = loading.load_data(config)
    with opened(session) as session:
        strategy = session.strategy(config.distribution)
        return completion.load_or_run(
            strategy, rundir, resolved, lambda: _measure(session, config, data)
        )


def check(configs):
    """Raises `InputError` unless a run with each of the configs can start."""
    built = set()
    for config in map(_checked, configs):
        data = loading.load_own_splits(config)
        like = built_from(config, data)
        if like not in built:
            with precision.dtype_policy(config.precision):
                _folded(_model(config, data, "batch"))
        built.add(like)


def models(config, data):
    """Returns name of the variant -> model.

    Args:
        config: that of a run.
        data: `Data` that it names.
    """
    found = {norm: _model(config, data, norm) for norm in NORMS}
    folded = _folded(found["batch"])
    reference = _batch(config, data, _REFERENCE)
    found["virtual"] = ReferenceModel(found["virtual"], reference)
    found["virtual"].refresh()
    return {**found, "folded": folded}


def _folded(model):
    folded = fold_batch_norm(model)
    if folded.left:
        raise InputError(
            f"Some batch norms cannot be folded: {folded.left}. Use another "
            "model, or --config.model.norm_position=before."
        )
    return folded.model


def get_config():
    """Returns the defaults of all keys of a config with `latency`."""
    config = default.get_config()
    config.latency = ml_collections.ConfigDict({"repeats": 30})
    return config


def _checked(config):
    config = checked(config, SETTINGS)
    if config.distribution != "none":
        raise InputError(
            "Latency is measured on one device. Received: "
            f"distribution={config.distribution!r}."
        )
    return config


def _model(config, data, norm):
    config = config.copy_and_resolve_references()
    config.model.norm = norm
    task = find_task(config, data)
    return build_model(config, data.input_shape, units_of(task, data))


def _batch(config, data, size):
    batches = pipeline.evaluation_batches(data.train, size)
    return next(iter(batches))[0]


def _measure(session, config, data):
    start = time.perf_counter()
    session.seed(config.seed, config.deterministic)
    with precision.dtype_policy(config.precision):
        found = models(config, data)
        inputs = _batch(config, data, config.batch_size)
        # No variant always follows the same one.
        order = np.random.default_rng(config.seed).permutation(sorted(found))
        calls = {
            str(name): _prediction(found[name], inputs, config.jit_compile)
            for name in order
        }
        seconds = timing.interleaved(calls, config.latency.repeats)
    return {
        "status": "finished",
        **{f"latency_{name}": seconds[name] for name in sorted(seconds)},
        "seconds": round(time.perf_counter() - start, 3),
    }


def _prediction(model, inputs, jit_compile):
    @tf.function(jit_compile=jit_compile)
    def predict(inputs):
        return model(inputs, training=False)

    # TensorFlow warns of many models that are traced, if it is not told to.
    predict.get_concrete_function(inputs)
    return lambda: predict(inputs).numpy()


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    return SETTINGS.resolve(config)


def _not_compared(config):
    """Returns no metric: a run compares the norms by itself."""
    del config
    return ()


SETTINGS = dataclasses.replace(
    classifiers.SETTINGS,
    defaults=get_config,
    positive=(*classifiers.SETTINGS.positive, "latency.repeats"),
)

#: Of configs with a `latency`.
TRAINER = Trainer(
    key="latency",
    script="normzoo.trainers.claims",
    settings=SETTINGS,
    train=train,
    check=check,
    metrics=_not_compared,
    table=_not_compared,
)
