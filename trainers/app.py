"""What all scripts share: flags, config files, errors in one line."""

import functools
import os
import pathlib
import shlex
import signal
import sys
import traceback

from absl import app, flags, logging
from ml_collections import config_flags

from .. import configs
from . import register_data_sets
from .common import processes, startup
from .common.config_errors import explained
from .common.errors import EXIT_RESTART, InputError, LostWorkerError
from .common.paths import user_path
from .common.script_help import help_text
from .common.signals import EXIT_CODES, Interrupted

_CONFIG_FLAGS = ("--config", "-config")
_HELP_FLAGS = ("--help", "-help", "-h", "-?")

# The flags that are defined here are those of the script that calls.
flags.disclaim_key_flags()


def parse(required=()):
    """Parses the flags, and only then imports TensorFlow, which takes seconds.

    A script calls it above its own imports, so that `--help` and bad flags end
    the process at once.

    Args:
        required: names of the flags that must be given.
    """
    flags.mark_flags_as_required(required)
    app.define_help_flags()
    with startup.quiet():  # a config file may import TensorFlow
        if rest := _parse(sys.argv)[1:]:
            _fail(f"Unexpected arguments: {rest}. Flags begin with --.")
    if "jobs" in flags.FLAGS and flags.FLAGS.jobs > 1:
        # Not inside, or it would write where nobody reads.
        processes.prepare()
    with startup.quiet():
        register_data_sets()


def run(main):
    """Calls `main(flags)` with the flags that are parsed; ends the process.

    The exit code is 2 for errors that the user can fix and 75 where another
    worker of the run is gone: one short message goes to stderr. Those of a run
    that a signal has ended are `signals.EXIT_CODES`; Ctrl-C before there is
    anything to save has the same code and is one line, too.

    Args:
        main: function of the parsed flags.
    """
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        # Until now it ended the process at once, see `common.startup`.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    startup.collect_seldom()
    try:
        app.run(
            functools.partial(_main, main),
            argv=sys.argv[:1],
            flags_parser=lambda argv: argv,
        )
    except KeyboardInterrupt:
        print(
            "\nInterrupted. Repeat the same command to go on.", file=sys.stderr
        )
        sys.exit(EXIT_CODES[signal.SIGINT])


def define_workdir():
    """Defines the flag of the scripts that write results."""
    flags.DEFINE_string(
        "workdir",
        None,
        "Folder for the results; it is created if it does not exist.",
    )


def parse_with_config(or_flag=None):
    """Does the same for a script that needs `--config` and `--workdir`.

    Args:
        or_flag: the name of a flag that stands in for `--config`.
    """
    config_flags.DEFINE_config_file(
        "config",
        None,
        "Config file, or the bare name of a packaged one, such as digits_mlp. "
        "--config=FILE:ARG passes ARG to its get_config(). --config.KEY=VALUE "
        "overrides a key, such as --config.optimizer.learning_rate=0.01; "
        "normzoo/configs/default.py lists the keys.",
        lock_config=True,
    )
    define_workdir()
    if or_flag is None:
        parse(required=["config", "workdir"])
    else:
        flags.mark_flags_as_mutual_exclusive(["config", or_flag], required=True)
        parse(required=["workdir"])


def define_profile():
    """Defines the flag of the scripts that train one model."""
    flags.DEFINE_list(
        "profile",
        None,
        "First and last training step to record for TensorBoard's Profile tab, "
        "such as 10,14.",
    )


def show(result, workdir, if_diverged, warnings=()):
    """Prints a run's result; exits with 1 if it diverged.

    Args:
        result: as `DONE` holds it.
        workdir: of the run.
        if_diverged: what to try then, a sentence.
        warnings: sentences on how to read the result.
    """
    for key, value in result.items():
        print(f"{key}: {value}")
    for sentence in warnings:
        print(f"warning: {sentence}", file=sys.stderr, flush=True)
    print(f"Look closer: tensorboard --logdir={shlex.quote(workdir)}")
    if result.get("status") == "diverged":
        _complain(
            "a loss or a gradient was not finite by step "
            f"{result['steps']}. {if_diverged}"
        )
        sys.exit(1)


def _parse(argv):
    if any(argument in _HELP_FLAGS for argument in argv[1:]):
        print(help_text(sys.modules["__main__"].__doc__ or ""), end="")
        sys.exit(0)
    try:
        argv = [resolve_config_flag(a) for a in argv]
        with explained(_config_path(argv)):
            rest = flags.FLAGS(argv)
        if "workdir" in flags.FLAGS and flags.FLAGS.workdir is not None:
            flags.FLAGS.workdir = str(user_path(flags.FLAGS.workdir))
        if flags.FLAGS["verbosity"].using_default_value:
            # Of absl's own, INFO, TFDS notes each data set that it opens.
            flags.FLAGS.verbosity = logging.WARNING
        return rest
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
    del argv
    try:
        main(flags.FLAGS)
    except Interrupted:
        print("Saved. Repeat the same command to go on.", file=sys.stderr)
        raise
    except InputError as error:
        _fail_in_full(error)
    except LostWorkerError as error:
        _complain(error)
        # An orderly end would wait for the worker that is gone.
        os._exit(EXIT_RESTART)


def _fail(message):
    _complain(message)
    sys.exit(2)


def _fail_in_full(error):
    """Ends the process; with `--verbosity=1` after a traceback."""
    if logging.level_debug():
        traceback.print_exception(error)
    else:
        from .common.user_code import is_users  # with all layers

        if is_users(error):
            error = f"{error} (--verbosity=1 prints the traceback.)"
    _fail(error)


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
    path = user_path(name, "config")
    if path.is_file():
        return f"{flag}={path}{colon}{arg}"
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
