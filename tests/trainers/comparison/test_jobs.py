"""A script with several processes, which are forked from a server."""

import json
import signal
import subprocess
import sys

import psutil
import pytest

from normzoo.configs import digits_mlp
from normzoo.trainers.comparison import compare

pytestmark = pytest.mark.slow

NORMS = "none", "batch"


def started(workdir, epochs):
    """Starts a comparison in two processes."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "normzoo.trainers.compare"),
            *("--config=digits_mlp", f"--norms={','.join(NORMS)}"),
            *("--seeds=1", f"--config.epochs={epochs}"),
            *(f"--workdir={workdir}", "--jobs=2"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def results(workdir):
    """Returns what each run has found."""
    return {
        path.parent.name: {
            name: value
            for name, value in json.loads(path.read_text()).items()
            if name.endswith(("_loss", "_accuracy"))
        }
        for path in workdir.glob("*/DONE")
    }


def test_they_find_what_one_process_does_and_say_nothing_else(tmp_path):
    with started(tmp_path / "two", epochs=2) as process:
        _, error = process.communicate()
    assert (process.returncode, error) == (0, b"")
    config = digits_mlp.get_config()
    config.epochs = 2
    overrides = [{"model.norm": norm} for norm in NORMS]
    compare.compare(config, overrides, tmp_path / "one", seeds=1)
    found = results(tmp_path / "two")
    assert len(found) == len(NORMS)
    assert all(len(figures) > 3 for figures in found.values())
    # Each process had threads for all cores, or for half of them.
    for name, figures in results(tmp_path / "one").items():
        assert found[name] == pytest.approx(figures, rel=1e-6)


def test_a_signal_ends_them_all(tmp_path):
    with started(tmp_path, epochs=100_000) as process:
        while not list(tmp_path.glob("*/metrics.jsonl")):
            assert process.poll() is None
        family = psutil.Process(process.pid).children(recursive=True)
        # Besides the two, their server, and one that tidies up after it.
        assert len(family) == 4
        process.send_signal(signal.SIGTERM)
        process.communicate()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
