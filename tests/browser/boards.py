"""A TensorBoard process."""

import contextlib
import re
import subprocess
import sys

import pytest


@contextlib.contextmanager
def tensorboard(logdir):
    """Starts TensorBoard on a free port, and yields its address."""
    command = ["-m", "tensorboard.main", f"--logdir={logdir}", "--port=0"]
    with subprocess.Popen(
        [sys.executable, *command, "--host=127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in process.stderr:
                if found := re.search(r"at (http://\S+)", line):
                    break
            else:
                pytest.fail("TensorBoard has ended.")
            yield found[1]
        finally:
            process.kill()
