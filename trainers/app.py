"""What all scripts share: flags, config files, errors in one line."""

import functools
import os
import pathlib
import sys

from absl import app, flags, logging
from ml_collections import config_flags

from .. import configs
from .common.config_errors import explained
from .common.errors import EXIT_RESTART, InputError, LostWorkerError
from .common.signals import Interrupted

_CONFIG_FLAGS = ("--config", "-config")

flags.DEFINE_string("workdir", None, "Folder that gets the results.")


def run(main):
    """Parses the flags and calls `main(flags)`; ends the process.

    The exit code is 2 for what the user can mend and 75 where another worker
    of the run is gone: one short message goes to stderr. Those of a run that a
    signal has ended are `signals.EXIT_CODES`.
    """
    app.run(functools.partial(_main, main), flags_parser=_parse)


def run_with_config(main):
    """Does the same for a script that needs `--config` and `--workdir`."""
    config_flags.DEFINE_config_file(
        "config",
        None,
        "Config file, or the bare name of a packaged one; --config.KEY=VALUE "
        "overrides a key.",
        lock_config=True,
    )
    flags.mark_flags_as_required(["config", "workdir"])
    run(main)


def define_jobs():
    """Defines the flag of the scripts that train many runs."""
    flags.DEFINE_integer("jobs", 1, "Number of processes.", lower_bound=1)


def _parse(argv):
    try:
        argv = [resolve_config_flag(a) for a in argv]
        with explained(_config_path(argv)):
            return flags.FLAGS(argv)
    # ml_collections reports a misspelled key as KeyError or AttributeError;
    # its text suggests the right one.
    except (InputError, flags.Error) as error:
        _fail(error)
    except (AttributeError, KeyError) as error:
        while isinstance(error, Exception):  # one error wraps the other
            error = error.args[0]
        if "get_config" in error:
            _fail(f"The config {_config_path(argv)} has no get_config().")
        _fail(f"Unknown config key: {error}")


def _config_path(argv):
    for argument in argv:
        flag, _, value = argument.partition("=")
        if flag in _CONFIG_FLAGS:
            return value.partition(":")[0]
    return None


def _main(main, argv):
    if len(argv) > 1:
        _fail(f"Unexpected arguments: {argv[1:]}. Flags begin with --.")
    # TFDS notes each data set that it opens.
    logging.set_verbosity(logging.WARNING)
    try:
        main(flags.FLAGS)
    except Interrupted:
        print("Saved. The same command continues.", file=sys.stderr)
        raise
    except InputError as error:
        _fail(error)
    except LostWorkerError as error:
        _complain(error)
        # An orderly end would wait for the worker that is gone.
        os._exit(EXIT_RESTART)


def _fail(message):
    _complain(message)
    sys.exit(2)


def _complain(message):
    print(f"error: {message}", file=sys.stderr, flush=True)


def resolve_config_flag(argument):
    """Returns `--config=NAME[:arg]` with the path of the packaged config.

    Other arguments, and names of files that exist, stay as they are.
    """
    flag, separator, value = argument.partition("=")
    if flag not in _CONFIG_FLAGS or not separator:
        return argument
    name, colon, arg = value.partition(":")
    if pathlib.Path(name).is_file():
        return argument
    folder = pathlib.Path(configs.__file__).parent
    packaged = folder / f"{name}.py"
    names = [
        path.relative_to(folder).with_suffix("").as_posix()
        for path in sorted(folder.rglob("[a-z]*.py"))
    ]
    if name not in names:
        raise InputError(
            f"Unknown config. Received: {name!r}. Expected a file name or one "
            f"of: {', '.join(names)}."
        )
    return f"{flag}={packaged}{colon}{arg}"
