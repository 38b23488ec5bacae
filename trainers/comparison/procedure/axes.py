"""From `--norms` and `--vary` to overrides: all values crossed."""

import ast
import difflib
import itertools

from ...common.errors import InputError
from ...common.structures import flatten
from ...run.values import check_name, refuse
from ..sweep import plan, unseeded

_EXAMPLE = "batch_size:8,32"


def crossed(config, trainer, norms=None, vary=()):
    """Returns the overrides of all variants, without seeds.

    Args:
        config: of all runs.
        trainer: the `Trainer` that it is for.
        norms: names of norms, the values of `trainer.norm`; or None.
        vary: texts of a key and its values, such as `"batch_size:8,32"`.

    Raises:
        InputError: a key that the config lacks, a value that does not fit it
            or comes twice, or a key that no result depends on.
    """
    axes = [] if norms is None else [_norms(trainer.norm, norms)]
    axes += [_axis(config, trainer, text) for text in vary]
    return product(_once(axes))


def product(axes):
    """Returns one override for each combination of the values of all keys.

    Args:
        axes: dict, config key -> values.
    """
    points = itertools.product(*axes.values())
    return [dict(zip(axes, point, strict=True)) for point in points]


def varied(values, keys):
    """Returns key -> list of values, checked.

    Args:
        values: dict, config key -> values.
        keys: those that may be in it.

    Raises:
        InputError: another key is, or there is no value or one twice.
    """
    found = {}
    for key, several in (values or {}).items():
        check_name("key of vary", key, keys)
        if not isinstance(several, (list, tuple)) or not several:
            raise InputError(
                f"`vary` takes several values of a key, such as "
                f"{{'batch_size': (8, 32)}}. Received: {key!r}: {several!r}."
            )
        found[key] = _different(f"vary: {key}", list(several))
    return found


def read(config, trainer, vary):
    """Returns key -> values, of texts as of `crossed`."""
    return _once([_axis(config, trainer, text) for text in vary])


def _once(axes):
    keys = [key for key, _ in axes]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise InputError(
            f"--vary names {', '.join(twice)} twice, or the key that --norms "
            "sets. Give all values of a key at once."
        )
    return dict(axes)


def baseline_among(config, overrides):
    """Returns `config.compare.baseline` if it is a variant, or else `""`.

    Args:
        config: of all runs.
        overrides: as `crossed` returns them.
    """
    wanted = config.compare.baseline
    found = {run.variant for run in plan(config, unseeded(overrides))}
    return wanted if wanted in found else ""


def _norms(key, names):
    names = [name.strip() for name in names]
    if "" in names or not names:
        raise InputError(
            "--norms takes names of norms, such as --norms=batch,layer. "
            f"Received: {','.join(names)!r}."
        )
    return key, _different("--norms", names)


def _axis(config, trainer, text):
    key, _, values = text.partition(":")
    key = key.strip()
    if not values.strip():
        raise InputError(
            f"--vary takes a config key and its values, such as {_EXAMPLE}. "
            f"Received: {text!r}."
        )
    _check_key(config, trainer, key)
    holder, _, name = key.rpartition(".")
    part = config[holder] if holder else config
    return key, _different(
        f"--vary={key}", _values(key, values, part.get_type(name))
    )


def _values(key, text, kind):
    """Returns the values in a text, of the type that the key has."""
    if kind is tuple:
        return _literals(key, f"[{text}]", text)
    parts = [part.strip() for part in text.split(",")]
    return [_READERS.get(kind, _guessed)(key, part) for part in parts]


def _literals(key, code, text):
    try:
        values = ast.literal_eval(code)
    except (SyntaxError, ValueError):
        values = [text]
    if odd := [each for each in values if not isinstance(each, (tuple, list))]:
        raise InputError(
            f"--vary={key} takes tuples, such as (8,),(16,16). Received: "
            f"{odd[0]!r}."
        )
    return [tuple(each) for each in values]


def _number(kind, called):
    def read(key, text):
        try:
            return kind(text)
        except ValueError:
            refuse(f"--vary={key}", text, called)

    return read


def _bool(key, text):
    if text.lower() not in ("true", "false"):
        refuse(f"--vary={key}", text, "True or False")
    return text.lower() == "true"


def _guessed(key, text):
    del key
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


_READERS = {
    bool: _bool,
    int: _number(int, "whole numbers"),
    float: _number(float, "numbers"),
    str: lambda key, text: text,
}


def _check_key(config, trainer, key):
    known = flatten(config.to_dict())
    if key not in known:
        raise InputError(
            f"--vary names an unknown config key. Received: {key!r}."
            f"{_suggestion(key, known)}"
        )
    for part in trainer.settings.apart:
        if key == part or key.startswith(f"{part}."):
            raise InputError(
                f"--vary={key} has no effect: no result depends on it."
            )


def _suggestion(key, known):
    if parts := sorted(each for each in known if each.startswith(f"{key}.")):
        return f" It is a part of the config; name one of: {', '.join(parts)}."
    last = key.rpartition(".")[2]
    found = [each for each in known if each.rpartition(".")[2] == last]
    found = found or difflib.get_close_matches(key, known, n=3)
    return f" Did you mean {' or '.join(found)}?" if found else ""


def _different(flag, values):
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise InputError(f"{flag} has a value twice: {twice[0]!r}.")
    return values
