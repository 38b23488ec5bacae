"""Whether a config can be trained with: what all trainers check alike."""

import dataclasses
import functools
import json
from collections.abc import Callable, Mapping

import ml_collections

from ..common.contents import by_content
from ..common.errors import InputError
from ..common.structures import flatten, plain, plain_config
from .together import MODES
from .values import check_name, check_type, refuse

#: Of every config, and of each of its optimizers.
_POSITIVE = (
    "epochs",
    "log_every_steps",
    "validate_every_epochs",
    "steps_per_execution",
    "checkpoint.keep",
    "dataset.window",
    "compare.tune.seeds",
)
_NOT_NEGATIVE = (
    "checkpoint.every_seconds",
    "checkpoint.every_steps",
    "dataset.image_size",
)
_OPTIMIZER = (
    "learning_rate",
    "weight_decay",
    "momentum",
    "clipnorm",
    "adaptive_clipping",
)
_ONE_OF = {
    "checkpoint.best_mode": ("max", "min"),
    "compare.together": ("auto", *MODES),
}
#: Of an image's side.
_PIXELS, _MOST_PIXELS = ("dataset.image_size",), 2**14
#: What NumPy takes for a seed.
_SEEDS = 2**32
_SPLIT_SEED = "dataset.split_seed"
_LEAST = "compare.least."


def _like(default, value):
    """Returns a value from a file, which has no tuples."""
    return tuple(value) if isinstance(default, tuple) else value


def _nothing(config):
    del config
    return {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the configs of one trainer must be like, beyond what all must.

    Keys are dotted: `"checkpoint.keep"`. The type of a value is that of its
    default.

    Attributes:
        defaults: function that returns a config with all keys.
        begin: the code that a config begins with, for messages.
        free: parts whose keys differ from config to config: `{"model":
            ("name",)}` where it must have a name at least.
        older: key -> what versions did that had no such key, where that is not
            the default.
        free_defaults: function of a config that returns dotted key -> what is
            done without the key, for keys of these parts.
        optimizers: the parts that describe an optimizer.
        positive: keys of numbers above 0.
        not_negative: keys of numbers from 0.
        below_one: keys of numbers in [0, 1).
        seeds: keys of seeds.
        one_of: key -> names that it can have.
        apart: keys and parts that no result depends on.
        beside: function of a config that returns key -> what a result depends
            on that is no part of it, JSON-ready. A run without the key is an
            older version's, and taken for the same.
    """

    defaults: Callable
    begin: str
    free: Mapping = dataclasses.field(default_factory=dict)
    older: Mapping = dataclasses.field(default_factory=dict)
    free_defaults: Callable = _nothing
    optimizers: tuple = ("optimizer",)
    positive: tuple = ()
    not_negative: tuple = ()
    below_one: tuple = ()
    seeds: tuple = ("seed",)
    one_of: Mapping = dataclasses.field(default_factory=dict)
    apart: tuple = ("compare", "checkpoint")
    beside: Callable = _nothing

    @functools.cached_property
    def _defaults(self):
        # Comparisons check hundreds of configs.
        return flatten(self.defaults().to_dict())

    def checked(self, config):
        """Returns the config with Python's numbers in place of NumPy's.

        Raises:
            InputError: it lacks a key, or a value is no good.
        """
        if not isinstance(config, ml_collections.ConfigDict):
            kind = type(config).__name__
            raise InputError(
                f"The config is a {kind}, not a ConfigDict. Begin it with "
                f"{self.begin}."
            )
        config = plain_config(config)
        values = flatten(config.to_dict())
        self._check_keys(values)
        self._check_types(values)
        self._check_ranges(values)
        for key, names in {**_ONE_OF, **self.one_of}.items():
            check_name(key, values[key], names)
        if config.jit_compile and config.deterministic:
            raise InputError(
                "Keras has no deterministic XLA. Received: jit_compile=True "
                "and deterministic=True. Set --config.deterministic=False."
            )
        return config

    def resolve(self, config):
        """Returns what a result depends on, as a JSON-ready dict.

        Of files that are named by their contents it has the names.
        """
        resolved = config.to_dict() | self.beside(config)
        for key in self.apart:
            *parts, last = key.split(".")
            holder = functools.reduce(dict.__getitem__, parts, resolved)
            del holder[last]
        return by_content(json.loads(json.dumps(resolved, default=plain)))

    def restored(self, resolved):
        """Returns the config of a run, from what `resolve` returned.

        What no result depends on has its default.

        Args:
            resolved: a nested dict, perhaps of an older version.
        """
        values = {
            key: _like(self._defaults[key], value)
            for key, value in (self.older | flatten(resolved)).items()
            if key in self._defaults and not self._is_free(key)
        }
        config = self.defaults()
        with config.unlocked(), config.ignore_type():
            config.update_from_flattened_dict(values)
            for part in self.free:
                config[part] = ml_collections.ConfigDict(resolved[part])
        return config

    def defaults_of(self, config):
        """Returns dotted key -> what a run does whose config lacks the key.

        Args:
            config: of the run that asks, which may be a newer version's.
        """
        values = self._defaults | self.older
        fixed = {k: v for k, v in values.items() if not self._is_free(k)}
        others = self.free_defaults(config) | self.beside(config)
        return json.loads(json.dumps(fixed | others))

    @functools.cached_property
    def _named(self):
        """Keys that all configs have in parts that are free."""
        return {f"{part}.{k}" for part, keys in self.free.items() for k in keys}

    def _is_free(self, key):
        return key.partition(".")[0] in self.free

    def _is_checked(self, key):
        return key in self._named or not self._is_free(key)

    def _check_keys(self, values):
        wanted = self._defaults.keys() | self._named
        missing = sorted(
            key for key in wanted - values.keys() if self._is_checked(key)
        )
        if missing:
            raise InputError(
                f"The config lacks {len(missing)} keys: "
                f"{', '.join(missing[:5])}. Begin it with {self.begin}."
            )

    def _check_types(self, values):
        for key, default in self._defaults.items():
            if self._is_checked(key):
                check_type(key, values[key], default)

    def _check_ranges(self, values):
        rates = [f"{part}.{k}" for part in self.optimizers for k in _OPTIMIZER]
        least = [key for key in values if key.startswith(_LEAST)]
        for keys, fits, allowed in (
            ((*_POSITIVE, *self.positive), lambda x: x > 0, "positive"),
            (
                (*_NOT_NEGATIVE, *rates, *self.not_negative, *least),
                lambda x: x >= 0,
                "at least 0",
            ),
            (self.below_one, lambda x: 0 <= x < 1, "in [0, 1)"),
            (_PIXELS, lambda x: x <= _MOST_PIXELS, f"at most {_MOST_PIXELS}"),
            (
                (*self.seeds, "compare.tune.first_seed"),
                lambda x: 0 <= x < _SEEDS,
                f"0 to {_SEEDS - 1}",
            ),
            (
                (_SPLIT_SEED,),
                lambda x: -1 <= x < _SEEDS,
                f"-1 to {_SEEDS - 1}",
            ),
        ):
            for key in keys:
                if not fits(values[key]):
                    refuse(key, values[key], allowed)
