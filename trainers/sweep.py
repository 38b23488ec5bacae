"""From a config and its `sweep()` to a list of named runs."""

import importlib.util
from typing import Any, NamedTuple

from .config_errors import explained
from .errors import InputError

# A path in a value must not make a folder of its own, and TensorFlow takes the
# other characters for patterns.
_IN_NAMES = str.maketrans(dict.fromkeys("/*?[]{}\\", "_"))


class Run(NamedTuple):
    """One run of a sweep.

    Attributes:
        name: of its folder, such as `"norm=batch,seed=0"`.
        variant: its name without the seed; runs of one variant are averaged.
        overrides: dotted config key -> value.
        config: the complete config.
    """

    name: str
    variant: str
    overrides: dict[str, Any]
    config: Any

    @property
    def seed(self):
        """Runs of equal seed, one of each variant, are compared in pairs."""
        return self.config.seed


def load_overrides(config_path):
    """Returns what the `sweep()` of a config file yields, as a list."""
    path = config_path.partition(":")[0]  # without the config's argument
    spec = importlib.util.spec_from_file_location("sweep_config", path)
    module = importlib.util.module_from_spec(spec)
    with explained(path):
        spec.loader.exec_module(module)
    if not hasattr(module, "sweep"):
        raise InputError(
            f"The config {config_path} has no sweep(). Add a generator of "
            'override dicts, such as {"model.norm": "batch", "seed": 0}.'
        )
    with explained(path):
        found = list(module.sweep() or ())
    if odd := [item for item in found if not isinstance(item, dict)]:
        raise InputError(
            f"The sweep() of {config_path} yields {odd[0]!r}. Expected a dict "
            "from config keys to values."
        )
    return found


def plan(config, overrides):
    """Returns the runs of a sweep in the order of `overrides`.

    Raises:
        InputError: a key that the config does not have, a value of the wrong
            type, two runs of equal name, or no run at all.
    """
    short = _short_names(overrides)
    runs = [_run(config, override, short) for override in overrides]
    if not runs:
        raise InputError("The sweep() of the config yields no run.")
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"The sweep() yields runs twice: {'; '.join(twice)}.")
    return runs


def _run(config, overrides, short):
    config = config.copy_and_resolve_references().lock()
    try:
        config.update_from_flattened_dict(overrides)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"The sweep() yields an override that does not fit: {overrides}. "
            f"{error}"
        ) from error
    parts = {
        key: f"{short[key]}={value}".translate(_IN_NAMES)
        for key, value in overrides.items()
    }
    seed = parts.pop("seed", "seed=" + str(config.seed))
    variant = ",".join(parts.values()) or "all"
    return Run(f"{variant},{seed}", variant, overrides, config)


def _short_names(overrides):
    """Returns key -> its last component, or the whole key where ambiguous."""
    keys = {key for override in overrides for key in override}
    last = [key.rpartition(".")[2] for key in keys]
    return {
        key: name if last.count(name) == 1 else key
        for key, name in zip(keys, last, strict=True)
    }
