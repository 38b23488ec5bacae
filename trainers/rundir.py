"""The folder of one run: its config, its logs, its result."""

import json
import os
import pathlib
import shutil
import tempfile

from .errors import InputError

_CONFIG, _DONE = "config.json", "DONE"
_OUTPUTS = ("train", "validation", "checkpoints", "metrics.jsonl")


class RunDir:
    """A workdir as `docs/workdir.md` lays it out.

    Args:
        path: the folder; made by `start`.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def result(self):
        """Returns the result of the finished run, or None."""
        try:
            return json.loads((self.path / _DONE).read_text())
        except FileNotFoundError:
            return None

    def check(self, config):
        """Raises `InputError` unless a run with `config` may use the folder.

        Args:
            config: the resolved config, a JSON-ready dict.
        """
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise InputError(f"The workdir {self.path} is a file.")
        if not (self.path / _CONFIG).exists():
            if any(self.path.iterdir()):
                raise InputError(
                    f"The workdir {self.path} holds files but no {_CONFIG}, "
                    "so it is no run's folder. Name an empty or a new one."
                )
            return
        held = json.loads((self.path / _CONFIG).read_text())["config"]
        changed = differences(held, config)
        if changed:
            raise InputError(
                f"The workdir {self.path} holds a run with another config:\n"
                + "\n".join(f"  {line}" for line in changed)
                + "\nName another workdir, or remove this one."
            )

    def start(self, config, provenance):
        """Makes the folder and writes `config.json`.

        What an interrupted run with the same config left is removed.
        """
        self.check(config)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if (self.path / _CONFIG).exists():
                self._remove_outputs()
            write_json(self.path / _CONFIG, {"config": config, **provenance})
        except OSError as error:
            raise InputError(
                f"The workdir {self.path} cannot be written: {error}. Name "
                "another one with --workdir=DIR."
            ) from error

    def _remove_outputs(self):
        for name in _OUTPUTS:
            path = self.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for events in self.path.glob("events.out.tfevents.*"):
            events.unlink()

    def finish(self, result):
        """Writes the result, which marks the run as finished."""
        write_json(self.path / _DONE, result)


def write_json(path, value):
    """Writes `value` to `path` as a whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path, text):
    """Writes `text` to `path` as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(name, 0o644)  # mkstemp's own mode hides it from others
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def differences(held, wanted):
    """Returns one line per key that two nested dicts do not share."""
    held, wanted = _flatten(held), _flatten(wanted)
    missing = "(not set)"
    return [
        f"{key}: {held.get(key, missing)!r} there, "
        f"{wanted.get(key, missing)!r} now"
        for key in sorted(held.keys() | wanted.keys())
        if held.get(key, missing) != wanted.get(key, missing)
    ]


def _flatten(nested, prefix=""):
    flat = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
