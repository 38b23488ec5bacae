"""Writes docs/configuration.md: each key of the configs, from their source.

    python docs/site/config_keys.py

A key's meaning is the comment behind its line, or those right above it.
"""

import inspect
import json
import pathlib
import re

from normzoo.configs import default, gan_default

PAGE = pathlib.Path(__file__).resolve().parents[1] / "configuration.md"
_TITLE = """\
# Configuration keys

Every key can be set on the command line, such as `--config.model.dropout=0.3`,
or in a [config of your own](experiments.md#other-comparisons). A misspelled key
or a wrong type ends the script. The tables have the defaults; a packaged config
changes some of them, and `config.json` in the [workdir](workdir.md) has the
values of a run.

A claim has [more keys](experiments.md#your-own-claim). This page is
written by `python docs/site/config_keys.py` from the comments in
[configs/default.py](../configs/default.py) and
[configs/gan_default.py](../configs/gan_default.py).
"""
_ASSIGNED = re.compile(r"^    (\w+\.[\w.]+(?: = \w+\.[\w.]+)*) = ")
_HEAD = "| key | default | meaning |\n| --- | --- | --- |\n"


def page():
    """Returns the page's text."""
    shared = {"compare": default.get_comparison}
    parts = [
        _TITLE,
        _section("Models with labels", default.get_config, shared),
        "`config.model` differs from model to model: it takes each argument "
        "that the model's\nfunction has, see [zoo](api/zoo.md). A stacked "
        "recurrent network begins with\n"
        "`config.model = default.get_recurrent_model()`:\n",
        _table(rows(default.get_recurrent_model, "model.")),
        _section("GANs", gan_default.get_config, shared),
        "Both networks have an optimizer of their own, `generator.optimizer` "
        "and\n`discriminator.optimizer`:\n",
        _table(rows(gan_default.get_optimizer, "*.optimizer.")),
        "`dataset.*` is that of models with labels, and `dataset.name` may be "
        "`gaussians25`, too.\n",
    ]
    return "\n".join(parts)


def rows(function, prefix=""):
    """Returns key -> default and meaning, of a function that makes a config.

    Args:
        function: it assigns each key in a line of its own.
        prefix: of the keys of the variable that the function returns.
    """
    values, found, above = function(), {}, []
    for line in inspect.getsource(function).split("\n"):
        code, _, comment = line.partition("  # ")
        if line.strip().startswith("# "):
            above.append(line.strip()[2:])
            continue
        assigned = _ASSIGNED.match(code)
        meaning = comment or " ".join(above)
        above = []
        for target in assigned[1].split(" = ") if assigned else ():
            key = target.split(".", 1)[1]
            value = _value(values, key)
            if not hasattr(value, "keys"):
                found[prefix + key] = (value, meaning)
    return found


def _value(config, key):
    for part in key.split("."):
        config = config[part]
    return config


def _section(title, function, parts=None):
    found = rows(function)
    for name, part in (parts or {}).items():
        own = {
            key: found.pop(key) for key in list(found) if key.startswith(name)
        }
        found |= rows(part, f"{name}.") | own
    return f"## {title}\n\n{_table(found)}"


def _table(found):
    return _HEAD + "".join(
        f"| `{key}` | `{_text(value)}` | {_cell(meaning)} |\n"
        for key, (value, meaning) in found.items()
    )


def _text(value):
    if value is None:
        return "unset"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _cell(meaning):
    """Comments begin in lower case and have no full stop behind a line."""
    return (
        meaning[:1].upper() + meaning[1:].removesuffix(".") if meaning else ""
    )


if __name__ == "__main__":
    PAGE.write_text(page())
