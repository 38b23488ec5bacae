"""Trains one model on a TFDS set of images, of signals or of one text.

    python -m normzoo.trainers.classify --config=digits_mlp \
        --config.model.norm=layer --workdir=runs/layer

`--config` takes a file or the bare name of a packaged config; each of its keys
can be overridden with `--config.KEY=VALUE`. The workdir gets `config.json`,
`metrics.jsonl`, TensorBoard events, `checkpoints/final.keras` and `DONE`.
"""

import functools
import json
import math

import keras
import tensorflow as tf

from .. import zoo
from ..layers import ReferenceModel, VirtualBatchNormalization
from . import app, distribution, loading, once, pipeline, precision
from .agreement import from_chief, together
from .checks import check_settings
from .errors import InputError
from .logs import finite
from .metrics import BitsPerCharacter
from .optimizers import build_optimizer
from .probes import Probe, find_probe
from .rundir import RunDir
from .training import Training
from .workers import own_folder, watched


def train(config, workdir, *, callbacks=(), verbose="auto", models=None):
    """Trains the model of `config` and measures it on the test split.

    A finished run with the same config is not repeated; an interrupted one is
    continued.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py`.
        workdir: folder of this run.
        callbacks: more Keras callbacks.
        verbose: Keras' progress bar, as in `keras.Model.fit`.
        models: `reuse.Models` of earlier runs, to save time.

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
    strategy = distribution.strategy(config.distribution)
    with (
        watched(strategy),
        strategy.scope(),
        own_folder(strategy, workdir) as folder,
    ):
        fit = functools.partial(
            _fit_and_measure, callbacks=callbacks, verbose=verbose
        )
        return _train(strategy, config, RunDir(folder), models, fit)


def _train(strategy, config, rundir, models, fit):
    resolved = resolve(config)
    result, data = together(
        strategy, lambda: _look_up(rundir, resolved, config)
    )
    if result := from_chief(strategy, result):
        return result
    precision.set_seed(config.seed, config.deterministic)
    with precision.dtype_policy(config.precision):
        model = compiled_model(config, data, models)

        def work():
            with training(model, data, config, rundir) as run:
                result = fit(run, data)
            _save(model, rundir.path / "checkpoints")
            return result

        return once.finished(strategy, rundir, resolved, work)


def _look_up(rundir, resolved, config):
    """Returns the result of the finished run, or else its data."""
    rundir.check(resolved)
    if result := rundir.result():
        return result, None
    return None, loading.load_data(config)


def resolve(config):
    """Returns what the result depends on, as a JSON-ready dict."""
    resolved = config.to_dict()
    del resolved["compare"], resolved["checkpoint"]
    return json.loads(json.dumps(resolved))


def check(config):
    """Raises `InputError` unless a run with `config` can start."""
    check_settings(config)
    strategy = distribution.strategy(config.distribution)
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


def compiled_model(config, data, models=None):
    """Returns the compiled Keras model that `config` describes.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py`.
        data: `Data` that it names.
        models: `reuse.Models` that may have one, or None.
    """
    distribution.check(config)
    find_probe(config.probe)
    build = functools.partial(_new_model, config, data)
    if models is not None and config.distribution == "none":
        return models.get(
            config,
            build,
            lambda model: _compile(model, config, data),
            lambda: _training_batches(config, data).element_spec,
        )
    model = build()
    _compile(model, config, data)
    return model


def _new_model(config, data):
    model = build_model(config, data.image_shape, data.num_classes)
    _check_outputs(model, data)
    if any(isinstance(x, VirtualBatchNormalization) for x in model.layers):
        return ReferenceModel(model, _reference_batch(config, data))
    return model


def _compile(model, config, data):
    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    optimizer = build_optimizer(config, config.epochs * steps)
    if keras.config.dtype_policy().name == "mixed_float16":
        # `compile` would wrap it too, but not when the saved model is loaded.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=_metrics(data),
        jit_compile=config.jit_compile,
        steps_per_execution=steps_per_execution(config, steps),
    )


def _metrics(data):
    return ["accuracy", BitsPerCharacter()] if data.per_step else ["accuracy"]


def steps_per_execution(config, steps):
    """Returns the largest divisor of an epoch's steps up to the limit.

    Keras would take the rest of the last execution from the next epoch. And
    replicas cannot meet inside its loop over the steps of an execution.
    """
    if tf.distribute.has_strategy():
        return 1
    limit = min(steps, config.steps_per_execution)
    return next(n for n in range(limit, 0, -1) if steps % n == 0)


def build_model(config, image_shape, num_classes):
    """Returns the model of the zoo that `config.model` describes."""
    knobs = config.model.to_dict()
    name = knobs.pop("name")
    if name not in zoo.MODELS:
        raise InputError(
            f"Unknown model. Received: {name!r}. Expected one of: "
            f"{', '.join(zoo.MODELS)}."
        )
    try:
        return zoo.MODELS[name](
            image_shape, num_classes, seed=config.seed, **knobs
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"The model cannot be built. {error}") from error


def _check_outputs(model, data):
    expected = (None, *data.train.labels.shape[1:], data.num_classes)
    if model.output_shape != expected:
        raise InputError(
            "The model's outputs do not fit the labels. Received: outputs of "
            f"shape {model.output_shape}. Expected: {expected}. A stacked_rnn "
            "with --config.model.readout=each has an output for each "
            "character of a text; with last or all it has one for an example."
        )


def _reference_batch(config, data):
    """Returns the images of the first training batch of this seed."""
    batches = _training_batches(config, data)
    images, _ = next(batches.as_numpy_iterator())
    return images


def _training_batches(config, data, **position):
    return pipeline.training_batches(
        data.train, config.batch_size, config.epochs, config.seed, **position
    )


def training(model, data, config, rundir):
    """Returns the `Training` of the compiled model on `data.train`."""

    def batches(epoch, step, part):
        return _training_batches(config, data, start=(epoch, step), part=part)

    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    return Training(model, batches, steps, config, rundir)


def _fit_and_measure(run, data, callbacks, verbose):
    validation, test = (
        distribution.distribute_once(
            run.model.distribute_strategy,
            functools.partial(
                pipeline.evaluation_batches,
                split,
                run.config.evaluation_batch_size,
            ),
        )
        for split in (data.validation, data.test)
    )
    run.fit(validation, [*_probes(run, data), *callbacks], verbose)
    # The test split is read once, when nothing can be chosen by it any more.
    batches, steps = test
    measured = run.model.evaluate(
        batches, steps=steps, verbose=0, return_dict=True
    )
    progress = run.progress
    if progress.diverged:
        measured = dict.fromkeys(measured, math.nan)
    run.log.write("test", measured)
    validated = {
        # A run that diverged has ended before.
        f"validation_{k}": progress.logs.get(f"val_{k}", math.nan)
        for k in measured
    }
    weights = run.model.trainable_weights
    return {
        "status": "diverged" if progress.diverged else "finished",
        **finite({f"test_{k}": v for k, v in measured.items()}),
        **finite(validated),
        "steps": progress.step,
        "parameters": sum(math.prod(w.shape) for w in weights),
        "seconds": round(progress.seconds, 3),
    }


def _probes(run, data):
    measure = find_probe(run.config.probe)
    return [Probe(measure, data, run)] if measure else []


def _save(model, folder):
    folder.mkdir(exist_ok=True)
    model.save(folder / "final.keras")


def main(flags):
    """Runs the script."""
    result = train(flags.config, flags.workdir)
    for key, value in result.items():
        print(f"{key}: {value}")
    print(f"Look closer: tensorboard --logdir={flags.workdir}")


if __name__ == "__main__":
    app.run_with_config(main)
