"""From a config and its data to a compiled model."""

import keras
import tensorflow as tf

from ... import zoo
from ...layers.lookup import look_up
from ..common.user_code import building
from ..data import nested, pipeline
from ..own.optimizers import optimizer_like
from ..own.references import check_reference, needs_reference, with_reference
from ..run.optimizers import build_optimizer
from ..run.reuse import UNSHARED, assign
from ..run.state import build_state
from .task import COMPILED, check_outputs, find_task, units_of


def compiled_model(config, data, models=UNSHARED, new=None):
    """Returns the compiled Keras model that `config` describes.

    It has all variables that training changes.

    Args:
        config: `ConfigDict` with the keys of `configs/default.py`.
        data: `Data` that it names.
        models: `reuse.Models` that may have one.
        new: what `new_model` has returned, or None: it is called.
    """
    given = [] if new is None else [new]

    def build():
        return given.pop() if given else new_model(config, data)

    return models.get(
        config,
        {"optimizer": "optimizer"},
        build,
        lambda model: _complete(model, config, data),
        lambda model, new: assign(model.variables, new.variables),
    )


def check_model(config, data):
    """Raises `InputError` unless a run of `config` can have its model."""
    check_reference(
        fitting_model(config, data),
        data.train.taken(slice(2)),
        {
            "optimizer": new_optimizer(config, data),
            **find_task(config, data).compile_arguments(),
        },
    )


def fitting_model(config, data):
    """Returns a new model whose outputs fit the labels; not compiled.

    Raises:
        InputError: `config.model` makes none.
    """
    task = find_task(config, data)
    model = build_model(config, data.input_shape, units_of(task, data))
    check_outputs(task, model, data)
    return model


def built_from(config, data):
    """Returns, hashable, what decides whether a model can be built."""
    return (
        config.model.to_json_best_effort(sort_keys=True),
        config.task,
        config.precision,
        str(data.input_shape),
        str(nested.shapes_of(data.train.labels)),
        data.num_classes,
    )


def new_model(config, data):
    """Returns a new model of a run; not compiled.

    One with virtual batch norms has its reference batch.
    """
    model = fitting_model(config, data)
    if needs_reference(model):
        return with_reference(model, _reference_batch(config, data))
    return model


def new_optimizer(config, data):
    """Returns the optimizer for the steps of a run on `data`.

    It is that of the dtype policy that is set.
    """
    optimizer = _unscaled_optimizer(config, data)
    if keras.config.dtype_policy().name == "mixed_float16":
        # `compile` would wrap it too, but not when the saved model is loaded.
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _unscaled_optimizer(config, data):
    if config.task == COMPILED:
        return optimizer_like(config.model.path, config.optimizer.learning_rate)
    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    return build_optimizer(config, config.epochs * steps)


def _complete(model, config, data):
    """Compiles a model, and returns it with all its variables."""
    task = find_task(config, data)
    steps = pipeline.steps_per_epoch(data.train, config.batch_size)
    model.compile(
        optimizer=new_optimizer(config, data),
        **task.compile_arguments(),
        jit_compile=config.jit_compile,
        steps_per_execution=steps_per_execution(config, steps),
    )
    build_state(model, pipeline.batch_specs(data.train, config.batch_size))
    return model


def steps_per_execution(config, steps):
    """Returns the largest divisor of an epoch's steps up to the limit.

    Keras would take the rest of the last execution from the next epoch. And
    replicas cannot meet inside its loop over the steps of an execution.
    """
    if tf.distribute.has_strategy():
        return 1
    limit = min(steps, config.steps_per_execution)
    return next(n for n in range(limit, 0, -1) if steps % n == 0)


def build_model(config, input_shape, units):
    """Returns the model that `config.model` describes.

    Its name is one of the zoo, or `"module:function"` or `"file.py:function"`.
    """
    knobs = config.model.to_dict()
    name = knobs.pop("name")
    with building("The model"):
        make = look_up(name, zoo.MODELS, "model")
        return make(input_shape, units, seed=config.seed, **knobs)


def _reference_batch(config, data):
    """Returns the inputs of the first training batch of this seed."""
    batches = training_batches(config, data)
    inputs, *_ = next(batches.as_numpy_iterator())
    return inputs


def training_batches(config, data, **position):
    """Returns the batches of the run, as `pipeline.training_batches`."""
    return pipeline.training_batches(
        data.train, config.batch_size, config.epochs, config.seed, **position
    )
