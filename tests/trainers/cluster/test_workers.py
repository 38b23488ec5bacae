"""Several workers train together, as real processes on this machine."""

import json
import re
import signal

import pytest

from normzoo.trainers import classify
from normzoo.trainers.cluster import rendezvous
from normzoo.trainers.cluster.addresses import on_this_machine
from normzoo.trainers.common.errors import (
    EXIT_RESTART,
    InputError,
    LostWorkerError,
)
from normzoo.trainers.data import loading

from . import team


@pytest.fixture
def several(config):
    """A run of 60 steps that two or three workers can share."""
    loading.load_data(config)  # else all processes would prepare it
    config.distribution = "multi_worker"
    # Each example by itself: the sum is the same however they are shared.
    config.model.norm = "layer"
    config.batch_size = 60
    config.evaluation_batch_size = 100
    config.epochs = 3
    config.steps_per_execution = 1
    config.log_every_steps = 10
    config.checkpoint.every_steps = 7
    return config


def one_device(config, workdir):
    config = config.copy_and_resolve_references()
    config.distribution = "none"
    return classify.train(config, workdir, verbose=0)


def logged(workdir):
    with open(workdir / "metrics.jsonl") as file:
        lines = map(json.loads, file)
        return [(line["step"], line["split"]) for line in lines]


def assert_the_same(ends, folder):
    """All have the same weights, and the chief alone has written."""
    digests = {re.search(r"weights (\w+)", end.text)[1] for end in ends}
    assert len(digests) == 1
    assert not list(folder.glob("[12]"))


@pytest.mark.slow
def test_workers_train_as_one_device_through_all_accidents(several, tmp_path):
    # The chief tells all to stop when one worker is told to.
    ends = team.run(several, tmp_path, 2, (1, 12, signal.SIGTERM))
    assert [end.code for end in ends] == [EXIT_RESTART] * 2, ends
    assert all("Saved." in end.text for end in ends)
    # The number of workers may change. The others lose one that is gone.
    ends = team.run(several, tmp_path, 3, (2, 40, signal.SIGKILL))
    assert [end.code for end in ends] == [75, 75, -signal.SIGKILL], ends
    assert "error: Worker 0 has lost worker 2 (127.0.0.1:" in ends[0].text
    ends = team.run(several, tmp_path, 2)
    assert [end.code for end in ends] == [0] * 2, ends
    assert_the_same(ends, tmp_path)
    # As if there had been one device and no accident.
    expected = one_device(several, tmp_path / "one")
    result = json.loads((tmp_path / "0/DONE").read_text())
    for key in ("test_loss", "validation_loss", "test_accuracy"):
        assert result[key] == pytest.approx(expected[key], 1e-4)
    assert logged(tmp_path / "0") == logged(tmp_path / "one")


@pytest.mark.slow
def test_workers_agree_on_statistics(several, tmp_path):
    several.model.norm = "batch"
    several.population.validation = True
    several.epochs = 2
    ends = team.run(several, tmp_path, 2)
    assert [end.code for end in ends] == [0, 0], ends
    assert_the_same(ends, tmp_path)
    one, other = (re.findall(r"validated (\w+)", end.text) for end in ends)
    assert one == other
    assert len(set(one)) == 2
    result = json.loads((tmp_path / "0/DONE").read_text())
    assert result["population"]["examples"] == 20 * 60
    assert result["test_loss"] < result["test_loss_moving"]


@pytest.mark.slow
def test_workers_train_one_gan(toy_gan, tmp_path):
    toy_gan.distribution = "multi_worker"
    toy_gan.epochs = 2
    toy_gan.checkpoint.every_steps = 3
    ends = team.run(toy_gan, tmp_path, 2, (0, 12, signal.SIGKILL))
    assert [end.code for end in ends] == [-signal.SIGKILL, EXIT_RESTART], ends
    assert "Worker 1 has lost worker 0 (127.0.0.1:" in ends[1].text
    assert "Traceback" not in ends[1].text
    ends = team.run(toy_gan, tmp_path, 2)
    assert [end.code for end in ends] == [0, 0], ends
    assert_the_same(ends, tmp_path)
    assert json.loads((tmp_path / "0/DONE").read_text())["steps"] == 16


@pytest.mark.slow
def test_workers_hear_what_is_wrong_with_one(several, tmp_path):
    (tmp_path / "0").touch()
    ends = team.run(several, tmp_path, 2)
    assert [end.code for end in ends] == [2, 2], ends
    for end in ends:
        assert re.search("error: Worker 0: The workdir .* is a file", end.text)


def test_a_worker_that_does_not_come(monkeypatch):
    monkeypatch.setattr(rendezvous, "_START_SECONDS", 0)
    first, second = on_this_machine(2)
    message = f"Worker 0 has waited 0 seconds for {second.addresses[1]}"
    with (
        pytest.raises(LostWorkerError, match=message),
        rendezvous.join(first),
    ):
        pytest.fail("there is nobody to join")


def test_a_port_in_use():
    first, _ = on_this_machine(2)
    with (
        rendezvous._listening(first.addresses[0]),
        pytest.raises(InputError, match=r"Port .* cannot be used.*a free port"),
        rendezvous.join(first),
    ):
        pytest.fail("the port is not free")
