"""The folder of one run: its config, its logs, its result."""

import json
import os

from ..common import lock
from ..common.contents import by_content
from ..common.errors import InputError, writing
from ..common.files import write_json
from ..common.paths import user_path
from ..common.structures import flatten
from . import extension, metrics_file
from .events import PREFIX

#: A clause of messages: what is not lost when something cannot be written.
CONTINUES = "The run continues from its last checkpoint"

_CONFIG, _DONE = "config.json", "DONE"
#: What grows while the run goes on: files, and folders of files.
_GROWING = (metrics_file.NAME, "train", "validation")
#: Paths with these TensorFlow may write and not find again.
_PATTERN = set("*?[]{}\\")
_MISSING = "(not set)"


class RunDir:
    """A workdir as `docs/workdir.md` lays it out.

    Args:
        path: the folder; made by `start`. `~` is the home folder.
        defaults: dotted key -> what a run does whose config lacks the key. The
            config that is held may be an older version's.

    Raises:
        InputError: the path is empty.
    """

    def __init__(self, path, defaults=None):
        self.path = user_path(path)
        self.defaults = defaults or {}

    def result(self, config, apart=()):
        """Returns the result of the finished run, or None.

        Args:
            config: the resolved config. With more epochs than that of the
                folder the run is not finished.
            apart: keys that may differ.
        """
        try:
            result = self._read(_DONE)
        except FileNotFoundError:
            return None
        return None if self._is_extended_by(config, apart) else result

    def _is_extended_by(self, config, apart=()):
        if (held := self._held()) is None:
            return False
        held = held["config"]
        changed = self._changed(held, config, apart)
        return extension.extends(held, config, changed)

    def _changed(self, held, config, apart):
        held, config = (
            {k: v for k, v in each.items() if k not in apart}
            for each in (held, config)
        )
        return differences(held, config, self.defaults)

    def _held(self):
        """Returns what `config.json` holds, or None."""
        try:
            return self._read(_CONFIG)
        except FileNotFoundError:
            return None

    def _read(self, name):
        try:
            return json.loads((self.path / name).read_text())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise InputError(
                f"{self.path / name} cannot be read: {error}. Fix that, or "
                "name another workdir."
            ) from error
        except ValueError as error:  # not JSON, not text
            raise InputError(
                f"{self.path / name} is damaged: {error}. Remove the workdir, "
                "or name another one."
            ) from error

    def check(self, config, apart=()):
        """Raises `InputError` unless a run with `config` may use the folder.

        Args:
            config: the resolved config, a JSON-ready dict.
            apart: its parts that may differ from those of the run.
        """
        if odd := sorted(_PATTERN & set(str(self.path))):
            raise InputError(
                f"The workdir {self.path} has {' '.join(odd)} in its name, "
                "which TensorFlow takes for a pattern. Name another one."
            )
        try:
            str(self.path).encode()  # as TensorFlow wants it
            self.path.stat()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:  # its name may be impossible
            raise InputError(
                f"The workdir {self.path} cannot be used: {error}. Name "
                "another one."
            ) from error
        if not self.path.is_dir():
            raise InputError(f"The workdir {self.path} is a file.")
        if not (self.path / _CONFIG).exists():
            # The lock is hidden, and what a dying process was writing.
            if any(x.name[0] != "." for x in self.path.iterdir()):
                raise InputError(
                    f"The workdir {self.path} holds files but no {_CONFIG}, "
                    "so it is not a run's folder. Name an empty or a new one."
                )
            return
        held = self._read(_CONFIG)["config"]
        changed = self._changed(held, config, apart)
        if extension.extends(held, config, changed):
            extension.check(held, self.path)
        elif changed:
            raise InputError(
                f"The workdir {self.path} holds a run with another config:\n"
                + "\n".join(f"  {line}" for line in changed)
                + "\nName another workdir, or remove this one."
            )

    def held(self):
        """Returns a context that keeps other processes out of the folder.

        Raises:
            InputError: another process is in it, or it cannot be written.
        """
        return lock.held(self.path)

    def start(self, config, provenance, apart=()):
        """Writes `config.json`, unless a run is to be continued.

        One that is to have more epochs is no longer finished; `extended` tells
        what it was before.

        Args:
            config, apart: as of `check`.
            provenance: more keys of `config.json`.
        """
        self.check(config, apart)
        held, written = self._held(), {"config": config, **provenance}
        if held is not None:
            if not self._is_extended_by(config, apart):
                return
            with writing(f"The workdir {self.path}"):
                (self.path / _DONE).unlink(missing_ok=True)
            written["extended"] = {
                **held,
                "config": {"epochs": held["config"]["epochs"]},
            }
        write_json(self.path / _CONFIG, written)

    def sizes(self):
        """Returns path within the folder -> size, of all files that grow."""
        return {
            str(path.relative_to(self.path)): path.stat().st_size
            for path in self._growing()
        }

    def rewind(self, sizes):
        """Cuts all files that grow back to what `sizes` returned once.

        Files that were not there then are removed.
        """
        with writing(f"The logs in {self.path}"):
            for path in self._growing():
                size = sizes.get(str(path.relative_to(self.path)))
                if size is None:
                    path.unlink()
                elif size < path.stat().st_size:
                    os.truncate(path, size)
            for summary in self.path.glob(f"{PREFIX}*"):
                summary.unlink()

    def _growing(self):
        for name in _GROWING:
            path = self.path / name
            found = [path, *path.rglob("*")] if path.exists() else []
            yield from (file for file in found if file.is_file())

    def finish(self, result):
        """Writes the result, which marks the run as finished."""
        write_json(self.path / _DONE, result, "The result", CONTINUES)


def differences(held, wanted, defaults):
    """Returns one line per key that two nested dicts do not share.

    Args:
        held: of the one run.
        wanted: of the other.
        defaults: dotted key -> the value of a key that is in only one of them.
    """
    # Older versions have written whole paths of what is named by contents.
    held, wanted = by_content(flatten(held)), by_content(flatten(wanted))

    def value(config, key):
        return config.get(key, defaults.get(key, _MISSING))

    return [
        f"{key}: {value(held, key)!r} there, {value(wanted, key)!r} now"
        for key in sorted(held.keys() | wanted.keys())
        if value(held, key) != value(wanted, key)
    ]
