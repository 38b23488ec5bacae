"""A script's flags are parsed as it does, and then nothing is done.

Started by `killable.forked` with `JOB`: the script's name and flags, and a file
that gets what is said on stderr.
"""

import os
import pathlib
import runpy
import sys

from normzoo.trainers import app


def main(argv, folder, said):
    """Ends with code 2 if a flag or a key of the config is not known."""
    os.chdir(folder)
    os.dup2(os.open(said, os.O_CREAT | os.O_WRONLY), 2)
    name, *sys.argv[1:] = argv

    def parsed():
        pathlib.Path(said).write_text("parsed")
        sys.exit()

    app.register_data_sets = parsed  # what follows the flags
    runpy.run_module(
        f"normzoo.trainers.{name}", run_name="__main__", alter_sys=True
    )


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
