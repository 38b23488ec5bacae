"""A run goes on with more or fewer replicas than it was begun with."""

import json
import pathlib
import signal

import numpy as np
import pytest

from normzoo.configs import digits_mlp
from normzoo.trainers.data import loading

from .. import killable

pytestmark = pytest.mark.slow

#: Replicas of each process of one run, and the step after which it is killed.
#: Each is one of the steps between two checkpoints, and most are in an epoch.
PARTS = [(2, 5), (1, 10), (2, 13), (3, 18), (1, 0)]


@pytest.fixture
def config(data_dir):
    config = digits_mlp.get_config()
    config.dataset.data_dir = str(data_dir)
    config.dataset.train_split = "train[:192]"
    config.batch_size = 24
    config.epochs = 3
    config.distribution = "mirrored"
    # Of a whole batch, whatever the number of replicas.
    config.model.norm = "layer"
    config.checkpoint.every_steps = 4
    config.log_every_steps = 1
    config.steps_per_execution = 1
    loading.load_data(config)  # else all processes would prepare it
    return config


def train(config, workdir, devices, last):
    """Returns the exit code of a run on some devices."""
    job = {"config": config, "workdir": workdir}
    path = pathlib.Path(__file__).with_name("elastic_run.py")
    with killable.forked(
        str(path), {**job, "devices": devices, "last": last}
    ) as process:
        process.join()
        return process.exitcode


def losses(workdir):
    lines = map(
        json.loads, (workdir / "metrics.jsonl").read_text().splitlines()
    )
    return {
        (line["split"], line["step"]): line["loss"]
        for line in lines
        if "loss" in line
    }


def test_other_numbers_of_replicas_go_on(config, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(config, whole, 2, 0) == 0
    for devices, last in PARTS:
        code = train(config, parts, devices, last)
        assert code == (-signal.SIGKILL if last else 0), (devices, last)
        reached = last // 4 * 4 if last else 24
        assert killable.newest(parts) == reached
    expected, found = losses(whole), losses(parts)
    assert found.keys() == expected.keys()
    # The order of the examples is the same; sums are rounded otherwise.
    np.testing.assert_allclose(
        [found[key] for key in expected], list(expected.values()), 1e-4
    )
