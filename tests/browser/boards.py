"""A TensorBoard process."""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest

#: So many half seconds without anything new.
_QUIET = 4


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
            folders = {path.parent for path in logdir.rglob("*tfevents*")}
            wait_for_runs(found[1], len(folders), process)
            yield found[1]
        finally:
            process.kill()


def wait_for_runs(address, folders, process, seconds=60):
    """Waits until TensorBoard has read the events in so many folders.

    It does not say when it is through: then it finds nothing new for a while.
    """
    end, seen, times = time.monotonic() + seconds, None, 0
    while process.poll() is None and time.monotonic() < end:
        runs = found_by(address, "data/runs")
        tags = found_by(address, "data/plugin/scalars/tags")
        is_new = (runs, tags) != seen
        seen, times = (runs, tags), 0 if is_new else times + 1
        if len(runs) == folders and any(tags.values()) and times == _QUIET:
            return
        time.sleep(0.5)
    pytest.fail(f"TensorBoard does not find {folders} runs with scalars.")


def found_by(address, path):
    """Returns the JSON of a part of a TensorBoard."""
    with urllib.request.urlopen(f"{address}{path}") as answer:
        return json.load(answer)
