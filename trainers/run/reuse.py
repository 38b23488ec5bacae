"""Compiled models that many short runs share."""

import operator

import keras

from ..common.memory import bytes_of
from .state import optimizers_of

#: How many models are kept with their graphs. One more, and all are discarded.
_MAX_MODELS = 32
#: Likewise once the variables of those that are kept take more bytes.
_MAX_BYTES = 2**30


class Unshared:
    """Stands in for `Models` where each training makes a model of its own."""

    def get(self, config, optimizers, build, complete, renew):
        """Returns a new compiled model; arguments as of `Models.get`."""
        del config, optimizers, renew
        return complete(build())

    def kept_with(self, model, make):
        """Returns what `make` makes; arguments as of `Models.kept_with`."""
        del model
        return make()

    def __len__(self):
        """Returns 0: no models are kept."""
        return 0


UNSHARED = Unshared()


class Models:
    """Keeps compiled models for configs of equal structure.

    Tracing takes longer than a short training. A model that is used again gets
    the variables of a new one, so its results are bitwise the same.
    """

    def __init__(self):
        self._kept = {}
        self._beside = {}

    def get(self, config, optimizers, build, complete, renew):
        """Returns a compiled model for `config`, as good as new.

        It is new if its variables belong to a strategy of several devices.

        Args:
            config: `ConfigDict` of a run.
            optimizers: attribute of the model -> key of its optimizer's
                settings, such as `{"optimizer": "optimizer"}`.
            build: function without arguments that returns a new model without
                optimizers, or its parts.
            complete: function of what `build` returns, that returns the
                compiled model with all its variables.
            renew: function of a model that was used before and of what `build`
                returns, that gives the first the values of the second.
        """
        if config.distribution != "none":
            return complete(build())
        new = build()
        structure = _structure(config, optimizers.values())
        if structure not in self._kept:
            if len(self._kept) == _MAX_MODELS or self._bytes() > _MAX_BYTES:
                self.clear()
                new = build()
            model = complete(new)
            self._kept[structure] = model, _optimizer_values(model)
            return model
        model, beginning = self._kept[structure]
        for name, optimizer in optimizers_of(model).items():
            assign(optimizer.variables, beginning[name])
            (settings,) = _settings(config, [optimizers[name]])
            if _is_constant(settings):
                optimizer.learning_rate = settings.learning_rate
        model.stop_training = False
        renew(model, new)
        return model

    def kept_with(self, model, make):
        """Returns what belongs to a kept model, made when first asked for.

        For a model that is not kept it is made each time.

        Args:
            model: any.
            make: function without arguments. What it returns must hold
                nothing of the run.
        """
        if not any(model is kept for kept, _ in self._kept.values()):
            return make()
        if id(model) not in self._beside:
            self._beside[id(model)] = make()
        return self._beside[id(model)]

    def __len__(self):
        """Returns the number of models that are kept."""
        return len(self._kept)

    def _bytes(self):
        return sum(
            bytes_of(part.variables)
            for model, _ in self._kept.values()
            for part in (model, *optimizers_of(model).values())
        )

    def clear(self):
        """Discards all models and their graphs."""
        self._kept.clear()
        self._beside.clear()
        keras.backend.clear_session()


def _structure(config, optimizers):
    """Returns a key of all settings that a model's graphs depend on."""
    config = without_values(config)
    constant = list(filter(_is_constant, _settings(config, optimizers)))
    with config.unlocked():
        del config.checkpoint
        for optimizer in constant:
            optimizer.learning_rate = 0.0
        if len(constant) == len(optimizers):
            config.epochs = 0
    return config.to_json(sort_keys=True)


def without_values(config):
    """Returns a config without what affects values of variables only.

    What affects no graph at all is not in it either.

    Args:
        config: `ConfigDict` of a run.
    """
    config = config.copy_and_resolve_references()
    with config.unlocked():
        del config.compare
        config.seed = config.log_every_steps = 0
        config.dataset.split_seed = 0
        model = config.get("model", {})  # of a GAN there is none
        for initial in ("initializer_scale", "gamma_initializer"):
            if initial in model:
                model[initial] = 1.0
    return config


def _settings(config, keys):
    return [operator.attrgetter(key)(config) for key in keys]


def _is_constant(optimizer):
    return optimizer.schedule == "constant" and not optimizer.warmup_steps


def _optimizer_values(model):
    return {
        name: [variable.numpy() for variable in optimizer.variables]
        for name, optimizer in optimizers_of(model).items()
    }


def assign(variables, values):
    """Gives variables the values of others, or arrays, in the same order."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
