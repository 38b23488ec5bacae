"""The names of a sweep's runs, which are also those of their folders."""

import hashlib

from ml_collections import ConfigDict

# A path in a value must not make a folder of its own, and TensorFlow takes the
# other characters for patterns.
_IN_NAMES = str.maketrans(dict.fromkeys("/*?[]{}\\", "_"))

#: File systems take names of 255 bytes; some, encrypted, of fewer.
MOST_BYTES = 200
_HASH = 10  # characters, of 40 bits
#: Digits of a long number in a name; more where they tell two values apart.
_FEWEST, _ALL = 4, 17
#: Numbers whose Python text is not longer than this stay as they are.
_SHORT = 8


def short_keys(overrides):
    """Returns key -> its last component, or the whole key where ambiguous."""
    keys = {key for override in overrides for key in override}
    last = [key.rpartition(".")[2] for key in keys]
    return {
        key: name if last.count(name) == 1 else key
        for key, name in zip(keys, last, strict=True)
    }


def key_digits(overrides):
    """Returns key -> how many digits of its values tell them all apart."""
    values = {}
    for override in overrides:
        for key, value in override.items():
            values.setdefault(key, []).append(value)
    return {key: _digits(found) for key, found in values.items()}


def _digits(values):
    wanted = len({text(value, _ALL) for value in values})
    return next(
        digits
        for digits in range(_FEWEST, _ALL + 1)
        if len({text(value, digits) for value in values}) == wanted
    )


def text(value, digits):
    """Returns a value as it stands in a name.

    Args:
        value: of a config key.
        digits: how many significant ones long numbers have.
    """
    return _text(value, digits).translate(_IN_NAMES)


def _text(value, digits):
    if isinstance(value, ConfigDict):
        return value.name
    if isinstance(value, (tuple, list)):
        items = [
            _text(item, digits) if isinstance(item, float) else repr(item)
            for item in value
        ]
        if len(items) == 1 and isinstance(value, tuple):
            items.append("")
        ends = "()" if isinstance(value, tuple) else "[]"
        return ends[0] + ", ".join(items).rstrip(" ") + ends[1]
    if isinstance(value, float) and len(repr(value)) > _SHORT:
        return repr(float(f"{value:.{digits}g}"))
    return str(value)


def folder_name(variant, seed=""):
    """Returns the name of a run, short enough for every file system.

    A longer one ends with a hash of the whole in place of what does not fit;
    a repeated command finds it again.

    Args:
        variant: all settings but the seed.
        seed: such as `"seed=0"`; `""` for the name of all runs of a variant.
    """
    last = f",{seed}" if seed else ""
    whole = f"{variant}{last}".encode()
    if len(whole) <= MOST_BYTES:
        return f"{variant}{last}"
    ending = f"~{hashlib.sha256(whole).hexdigest()[:_HASH]}{last}"
    room = MOST_BYTES - len(ending.encode())
    return variant.encode()[:room].decode(errors="ignore") + ending
