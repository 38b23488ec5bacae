"""Flags of scripts are parsed as these do, and then nothing is done.

Started by `killable.forked` with `JOB`: the scripts' names and flags, and a
file that gets the exit code of each, and what is said on stderr.
"""

import json
import os
import pathlib
import runpy
import sys

import absl.app
from absl import flags

from normzoo.trainers import app

SAID = pathlib.Path("said")


def main(commands, folder, found):
    """Parses commands, one after the other."""
    os.chdir(folder)
    absl.app.define_help_flags()  # which it does once
    # What follows the flags; a server would import TensorFlow for seconds.
    app.processes.prepare = lambda: None
    app.register_data_sets = _parsed
    results = [(_exit_code(each), SAID.read_text()) for each in commands]
    pathlib.Path(found).write_text(json.dumps(results))


def _exit_code(command):
    """Returns 2 if a flag or a key of the config is not known."""
    os.dup2(os.open(SAID, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), 2)
    name, *sys.argv[1:] = command
    before = set(flags.FLAGS)
    try:
        runpy.run_module(
            f"normzoo.trainers.{name}", run_name="__main__", alter_sys=True
        )
    except SystemExit as end:
        return end.code or 0
    finally:
        # Each script defines its own, some by the same names.
        for flag in set(flags.FLAGS) - before:
            delattr(flags.FLAGS, flag)


def _parsed():
    SAID.write_text("parsed")
    sys.exit()


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
