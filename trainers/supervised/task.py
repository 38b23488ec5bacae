"""What is learned from labels: by which loss, measured how."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from ..common.errors import InputError
from ..own import files as own_model
from ..own.compiled import compile_arguments
from ..own.measures import metrics_of
from .metrics import METRICS

#: Name of `config.task` where the model brings its loss and metrics along.
COMPILED = "compiled"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """What a model with labels is to learn.

    A new one is a line in `TASKS`.

    Attributes:
        fits: function of `Data` that returns whether they are for this task,
            where a config names none.
        loss: function without arguments that returns a Keras loss.
        metrics: names in `METRICS`, the most telling one first. They are a
            comparison's columns, and what `config.compare.metric` and
            `config.checkpoint.best` can name; the loss is measured always.
        outputs: function of `Data` that returns the shape of a model's outputs
            for one example; None where the model knows it itself.
        check_labels: function of `Data` that raises `InputError` unless their
            labels are for this task.
        probed: whether `config.probe` can be set: probes take the loss for the
            cross entropy of logits.
        single_label: whether an example has one label, the number of a class.
    """

    fits: Callable
    loss: Callable
    metrics: tuple
    outputs: Callable
    check_labels: Callable
    probed: bool = False
    single_label: bool = False

    def compile_arguments(self):
        """Returns the losses and metrics that `keras.Model.compile` takes."""
        makers = [METRICS[name].make for name in self.metrics]
        metrics = [make() for make in makers if make is not None]
        return {"loss": self.loss(), "metrics": metrics}

    def columns(self):
        """Returns the `Metric`s of a comparison's table."""
        return tuple(METRICS[name].shown for name in self.metrics)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CompiledTask(Task):
    """That of a model which brings its loss and metrics along.

    Attributes:
        model: compiled.
    """

    model: keras.Model

    def compile_arguments(self):
        """Returns new ones like those that the model was compiled with."""
        return compile_arguments(self.model)

    def columns(self):
        """Returns the `Metric`s that the model can be judged by."""
        return metrics_of(self.model)


def find_task(config, data):
    """Returns the `Task` that `config.task` names, or that fits the data.

    Raises:
        InputError: the labels are not for it, or a probe is not.
    """
    name = config.task
    if not name:
        name = next(name for name, task in TASKS.items() if task.fits(data))
    task = TASKS.get(name) or _compiled(config)
    task.check_labels(data)
    if config.probe and not task.probed:
        raise InputError(
            f"The task {name!r} has no probes. Received: probe="
            f"{config.probe!r}. Set --config.probe= to measure nothing more."
        )
    is_recurrent = config.model.name == "stacked_rnn"
    if config.probe == "time" and not (is_recurrent and task.single_label):
        raise InputError(
            "The probe 'time' needs a stacked_rnn that classifies sequences. "
            f"Received: model.name={config.model.name!r} and the task "
            f"{name!r}. Set --config.probe= to measure nothing more."
        )
    return task


def _compiled(config):
    model = own_model.load(config.model.path)
    return CompiledTask(
        model=model,
        fits=lambda data: False,
        loss=lambda: None,  # It is among the `compile_arguments`.
        metrics=tuple(each.name for each in metrics_of(model)),
        # Its losses know what they take.
        outputs=lambda data: None,
        check_labels=lambda data: None,
    )


def check_outputs(task, model, data):
    """Raises `InputError` unless a model's outputs are for the task."""
    shape = task.outputs(data)
    if shape is None:
        return
    expected = (None, *shape)
    if model.output_shape != expected:
        raise InputError(
            "The model's outputs do not fit the labels. Received: outputs of "
            f"shape {model.output_shape}. Expected: {expected}. A stacked_rnn "
            "with --config.model.readout=each has an output for each "
            "character of a text; with last or all it has one for an example."
        )


def units_of(task, data):
    """Returns how many numbers a model makes at each place."""
    shape = task.outputs(data)
    return shape[-1] if shape else 1


def _is_whole(data):
    return np.issubdtype(data.train.labels.dtype, np.integer)


def _classes(rank, what):
    """Returns a check of labels that are numbers of classes."""

    def check(data):
        labels = data.train.labels
        if data.num_classes == 1:
            raise InputError(
                "All labels are of one class. There is nothing to learn."
            )
        if labels.ndim != rank or not _is_whole(data):
            raise InputError(
                f"The task needs one whole number for each {what}. Received: "
                f"labels of shape {labels.shape} and type {labels.dtype}. Set "
                "--config.task= to take what fits the data."
            )

    return check


def _check_targets(data):
    labels = data.train.labels
    if labels.ndim > 2 or _is_whole(data):
        raise InputError(
            "A regression needs a number for each example, or several, as "
            f"floats. Received: labels of shape {labels.shape} and type "
            f"{labels.dtype}. Set --config.task= to take what fits the data."
        )


def _cross_entropy():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


#: Name of `config.task` -> `Task`.
TASKS = {
    "classification": Task(
        fits=lambda data: data.train.labels.ndim == 1 and _is_whole(data),
        loss=_cross_entropy,
        metrics=("accuracy", "loss"),
        outputs=lambda data: (data.num_classes,),
        check_labels=_classes(1, "example"),
        probed=True,
        single_label=True,
    ),
    "characters": Task(
        fits=lambda data: data.per_step and _is_whole(data),
        loss=_cross_entropy,
        metrics=("accuracy", "bits_per_character"),
        outputs=lambda data: (*data.train.labels.shape[1:], data.num_classes),
        check_labels=_classes(2, "step of an example"),
        probed=True,
    ),
    "regression": Task(
        fits=lambda data: not _is_whole(data),
        loss=keras.losses.MeanSquaredError,
        metrics=("root_mean_squared_error", "mean_absolute_error"),
        outputs=lambda data: data.train.labels.shape[1:] or (1,),
        check_labels=_check_targets,
    ),
}
