"""What the config of a model with labels must be like."""

import inspect

from ... import zoo
from ...configs import default
from ..run.settings import Settings
from ..run.values import check_name
from .own_code import code_of
from .probes import PROBES
from .task import COMPILED, TASKS


def knob_defaults(config):
    """Returns `"model.KNOB"` -> what the model does without that knob."""
    make = zoo.MODELS.get(config.model.name)
    if make is None:
        return {}
    parameters = inspect.signature(make).parameters.values()
    # What a model hands on goes to its hidden layers.
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        hidden = inspect.signature(zoo.Hidden).parameters.values()
        parameters = [*hidden, *parameters]
    return {
        f"model.{p.name}": p.default
        for p in parameters
        if p.kind is p.KEYWORD_ONLY
        and p.name not in ("name", "seed")
        and isinstance(p.default, (bool, int, float, str, tuple, type(None)))
    }


SETTINGS = Settings(
    defaults=default.get_config,
    begin="normzoo.configs.default.get_config()",
    free={"model": ("name",)},
    free_defaults=knob_defaults,
    positive=("evaluation_batch_size", "probe_every_epochs"),
    not_negative=("population.examples",),
    beside=code_of,
)


def checked(config, settings=SETTINGS):
    """Returns the config with Python's numbers; see `Settings.checked`."""
    config = settings.checked(config)
    check_name("task", config.task, ("", *TASKS, COMPILED))
    check_best(config, TASKS.values())
    check_name("probe", config.probe, ("", *PROBES))
    return config


def check_best(config, tasks):
    """Raises `InputError` unless `config.checkpoint.best` is validated.

    Args:
        config: of a run.
        tasks: the `Task`s that it may be for.
    """
    logged = ["loss", *(name for task in tasks for name in task.metrics)]
    names = dict.fromkeys(f"val_{name}" for name in logged)
    check_name("checkpoint.best", config.checkpoint.best, ("", *names))
