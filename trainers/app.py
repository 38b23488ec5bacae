"""What all scripts share: flags, config files, errors in one line."""

import pathlib
import sys

from absl import app, flags
from ml_collections import config_flags

from .. import configs
from .errors import InputError

config_flags.DEFINE_config_file(
    "config",
    None,
    "Config file, or the bare name of a packaged one; --config.KEY=VALUE "
    "overrides a key.",
    lock_config=True,
)
flags.DEFINE_string("workdir", None, "Folder that gets the results.")


def run(main):
    """Parses the flags and calls `main(flags)`; ends the process.

    The exit code is 2 for what the user can mend: one short message goes to
    stderr.
    """
    flags.mark_flags_as_required(["config", "workdir"])
    app.run(
        lambda argv: _report(_checked_main, main, argv), flags_parser=_parse
    )


def _checked_main(main, argv):
    if len(argv) > 1:
        raise InputError(
            f"Unexpected arguments: {' '.join(argv[1:])}. Flags begin with --."
        )
    main(flags.FLAGS)


def _parse(argv):
    return _report(flags.FLAGS, [resolve_config_flag(a) for a in argv])


def _report(function, *args):
    try:
        return function(*args)
    # ml_collections reports a misspelled key as an AttributeError or KeyError,
    # a wrong type as a TypeError or ValueError.
    except InputError as error:
        _fail(error)
    except flags.Error as error:
        _fail(error)


def _fail(error):
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)


def resolve_config_flag(argument):
    """Returns `--config=NAME[:arg]` with the path of the packaged config.

    Other arguments, and names of files that exist, stay as they are.
    """
    flag, separator, value = argument.partition("=")
    if flag not in ("--config", "-config") or not separator:
        return argument
    name, colon, arg = value.partition(":")
    if "/" in name or name.endswith(".py"):
        return argument
    packaged = pathlib.Path(configs.__file__).parent / f"{name}.py"
    if not packaged.exists():
        names = sorted(p.stem for p in packaged.parent.glob("[a-z]*.py"))
        raise InputError(
            f"Unknown config. Received: {name!r}. Expected a file name or one "
            f"of: {', '.join(names)}."
        )
    return f"{flag}={packaged}{colon}{arg}"
