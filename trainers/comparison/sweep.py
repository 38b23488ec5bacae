"""From a config and its `sweep()` to a list of named runs."""

import functools
import importlib.util
import operator
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from ..common.config_errors import explained
from ..common.errors import InputError
from ..common.structures import plain, plain_config
from . import names

SEED = "seed"


class Run(NamedTuple):
    """One run of a sweep.

    Attributes:
        name: of its folder, such as `"norm=batch,seed=0"`.
        variant: its name without the seed, and without what is tuned.
        overrides: dotted config key -> value.
        settings: the same by the shortest names that tell the keys apart.
        config: the complete config.
    """

    name: str
    variant: str
    overrides: dict[str, Any]
    settings: dict[str, Any]
    config: Any

    @property
    def seed(self):
        """Runs of equal seed, one of each variant, are compared in pairs."""
        return self.config.seed

    @property
    def unseeded(self):
        """A key that runs share which differ in nothing but their seed."""
        return tuple(
            f"{key}={value!r}"
            for key, value in self.overrides.items()
            if key != SEED
        )


def load_module(config_path):
    """Returns a config file as a module."""
    path = config_path.partition(":")[0]  # without the config's argument
    spec = importlib.util.spec_from_file_location("sweep_config", path)
    module = importlib.util.module_from_spec(spec)
    with explained(path):
        spec.loader.exec_module(module)
    return module


def run_config_file(config_path):
    """Runs a config file as its comparison has, so that what it registers is.

    Args:
        config_path: of the file, with the argument of its `get_config`:
            `FILE:ARGUMENT`.
    """
    module = load_module(config_path)
    argument = config_path.partition(":")[2]
    if hasattr(module, "get_config"):
        with explained(module.__file__):
            module.get_config(*([argument] if argument else []))


def load_overrides(config_path):
    """Returns what the `sweep()` of a config file yields, as a list."""
    return overrides_of(load_module(config_path))


def overrides_of(module):
    """Returns what the `sweep()` of a config's module yields, as a list."""
    path = module.__file__
    if not hasattr(module, "sweep"):
        raise InputError(
            f"The config {path} has no sweep(). Add a generator of "
            'override dicts, such as {"model.norm": "batch", "seed": 0}, or '
            "compare with --norms=batch,layer --seeds=10."
        )
    with explained(path):
        found = list(module.sweep() or ())
    if odd := [item for item in found if not isinstance(item, dict)]:
        raise InputError(
            f"The sweep() of {path} yields {odd[0]!r}. Expected a dict "
            "from config keys to values."
        )
    return found


def refuse_ignored(given, overrides):
    """Raises `InputError` if a sweep sets what a flag does.

    Args:
        given: keys of the config that flags set.
        overrides: what the sweep yields.
    """
    swept = sorted({key for override in overrides for key in override})
    for key in given:
        for other in swept:
            # The sweep may set a whole part of the config, such as the model.
            if f"{key}.".startswith(f"{other}."):
                raise InputError(
                    f"--config.{key} has no effect: the config's sweep() sets "
                    f"{other} for every run. Change sweep(), or train one run "
                    "with normzoo.trainers.classify or gan."
                )


def plan(
    config,
    overrides,
    *,
    hidden=(),
    what="The sweep() yields an override that",
):
    """Returns the runs of a sweep in the order of `overrides`.

    Args:
        config: of all runs.
        overrides: dicts, or a generator of them: dotted config key -> value.
            NumPy's numbers count as Python's.
        hidden: keys that are in no name, because others tell the same.
        what: may not fit; begins the message.

    Raises:
        InputError: a key that the config does not have, a value of the wrong
            type, two runs of equal name, or no run at all.
    """
    overrides = [_plain(override) for override in overrides]
    config = plain_config(config)
    named = [_without(override, hidden) for override in overrides]
    short, digits = names.short_keys(named), names.key_digits(named)
    runs = []
    for override, name in zip(overrides, named, strict=True):
        complete = _complete(config, override, what)
        runs.append(_run(complete, override, name, short, digits))
    if not runs:
        raise InputError(
            "The sweep() of the config yields no run. Expected: at least one "
            "dict from config keys to values."
        )
    found = [run.name for run in runs]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise InputError(f"The sweep() yields runs twice: {'; '.join(twice)}.")
    return runs


def unseeded(overrides):
    """Returns each different override once, without its seed."""
    found = []
    for each in map(without_seed, overrides):
        if each not in found:
            found.append(each)
    return found


def without_seed(override):
    """Returns an override without its seed."""
    return {key: value for key, value in override.items() if key != SEED}


def _plain(overrides):
    return {
        key: plain_config(value)
        if isinstance(value, ConfigDict)
        else plain(value)
        for key, value in overrides.items()
    }


def _without(override, hidden):
    return {key: value for key, value in override.items() if key not in hidden}


def _complete(config, overrides, what):
    """Returns the config of a run."""
    config = config.copy_and_resolve_references().lock()
    try:
        _update(config, overrides)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{what} does not fit: {overrides}. {error}"
        ) from error
    return config


def _run(config, overrides, named, short, digits):
    parts = {
        key: f"{short[key]}={names.text(value, digits[key])}"
        for key, value in named.items()
    }
    seed = parts.pop(SEED, "seed=" + str(config.seed))
    variant = ",".join(parts.values()) or "all"
    settings = {short[key]: value for key, value in named.items()}
    name = names.folder_name(variant, seed)
    return Run(name, variant, overrides, settings, config)


def _update(config, overrides):
    """Sets whole parts first, and then single values in them."""
    single = {}
    for key, value in overrides.items():
        if isinstance(value, ConfigDict):
            *holders, last = key.split(".")
            holder = functools.reduce(operator.getitem, holders, config)
            with holder.unlocked():
                holder[last] = value.copy_and_resolve_references().lock()
        else:
            single[key] = value
    config.update_from_flattened_dict(single)
