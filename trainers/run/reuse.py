"""Compiled models that many short runs share."""

import keras

from .state import build_state, optimizers_of

#: How many models are kept with their graphs. One more, and all are discarded.
_MAX_MODELS = 32


class Models:
    """Keeps compiled models for configs of equal structure.

    Tracing takes longer than a short training. A model that is used again gets
    the variables of a new one, so its results are bitwise the same.
    """

    def __init__(self):
        self._kept = {}
        self._beside = {}

    def get(self, config, build, compile_model, batch_spec):
        """Returns a compiled model for `config`, as good as new.

        Args:
            config: `ConfigDict` with the keys of `configs/default.py`.
            build: function without arguments that returns a new model.
            compile_model: function that compiles a model.
            batch_spec: function without arguments that returns the specs of
                a training batch.
        """
        new = build()
        key = _structure(config)
        if key not in self._kept:
            if len(self._kept) == _MAX_MODELS:
                self.clear()
                new = build()
            compile_model(new)
            build_state(new, batch_spec())
            self._kept[key] = new, _optimizer_values(new)
            return new
        model, beginning = self._kept[key]
        _assign(model.variables, new.variables)
        for name, optimizer in optimizers_of(model).items():
            _assign(optimizer.variables, beginning[name])
            if _is_constant(config.optimizer):
                optimizer.learning_rate = config.optimizer.learning_rate
        model.stop_training = False
        return model

    def kept_with(self, model, make):
        """Returns what belongs to a kept model, made when first asked for.

        Args:
            model: from `get`.
            make: function without arguments. What it returns must hold
                nothing of the run.
        """
        if id(model) not in self._beside:
            self._beside[id(model)] = make()
        return self._beside[id(model)]

    def __len__(self):
        """Returns the number of models that are kept."""
        return len(self._kept)

    def clear(self):
        """Discards all models and their graphs."""
        self._kept.clear()
        self._beside.clear()
        keras.backend.clear_session()


def _structure(config):
    """Returns a key of all settings that a model's graphs depend on."""
    config = without_values(config)
    with config.unlocked():
        del config.checkpoint
        if _is_constant(config.optimizer):
            config.epochs, config.optimizer.learning_rate = 0, 0.0
    return config.to_json(sort_keys=True)


def without_values(config):
    """Returns a config without what affects values of variables only.

    What affects no graph at all is not in it either.

    Args:
        config: with the keys of `configs/default.py`.
    """
    config = config.copy_and_resolve_references()
    with config.unlocked():
        del config.compare
        config.seed = config.log_every_steps = 0
        config.dataset.split_seed = 0
        for initial in ("initializer_scale", "gamma_initializer"):
            if initial in config.model:
                config.model[initial] = 1.0
    return config


def _is_constant(optimizer):
    return optimizer.schedule == "constant" and not optimizer.warmup_steps


def _optimizer_values(model):
    return {
        name: [variable.numpy() for variable in optimizer.variables]
        for name, optimizer in optimizers_of(model).items()
    }


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
