"""A TensorBoard process."""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request

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
            wait_for_runs(found[1], process)
            yield found[1]
        finally:
            process.kill()


def wait_for_runs(address, process, seconds=60):
    """Waits until TensorBoard has read the events of a run."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        with urllib.request.urlopen(f"{address}data/plugin/scalars/tags") as it:
            tags = json.load(it)
        if any(tags.values()):
            return
        time.sleep(0.1)
    pytest.fail("TensorBoard finds no scalars.")
