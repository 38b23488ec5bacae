"""A script with several processes, which are forked from a server."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = pytest.mark.slow


def started(workdir):
    """Starts a long comparison in two processes."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "normzoo.trainers.compare"),
            *("--config=digits_mlp", "--norms=none,batch"),
            *("--seeds=1", "--config.epochs=100000"),
            *(f"--workdir={workdir}", "--jobs=2"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_signal_ends_them_all_and_they_say_nothing_else(tmp_path):
    with started(tmp_path) as process:
        while not list(tmp_path.glob("*/metrics.jsonl")):
            assert process.poll() is None
            time.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        # Besides the two, their server, and one that tidies up after it.
        assert len(family) == 4
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate()
    assert process.returncode == 75
    # And nothing of TensorFlow's start.
    assert [line.split()[0] for line in error.splitlines() if line] == [
        b"SIGTERM:",
        b"Saved.",
    ]
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
