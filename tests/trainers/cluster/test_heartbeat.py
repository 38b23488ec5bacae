"""Who is named when a worker is gone."""

import pytest
import tensorflow as tf

from normzoo.trainers.cluster import heartbeat
from normzoo.trainers.cluster.addresses import on_this_machine
from normzoo.trainers.common.errors import LostWorkerError

LOST = tf.errors.UnavailableError(None, None, "Connection reset by peer")
OURS = tf.errors.InvalidArgumentError(None, None, "Incompatible shapes")


def fail(monkeypatch, error, answers):
    """Raises an error in `monitor`; worker 1 answers so many times more."""
    cluster = on_this_machine(2)[0]
    left = [answers]

    def listens(address):
        if address != cluster.addresses[1]:
            return True
        left[0] -= 1
        return left[0] >= 0

    monkeypatch.setattr(heartbeat, "listens", listens)
    with heartbeat.monitor(cluster, patience=60):
        raise error


@pytest.mark.parametrize("answers", [0, 3])
def test_a_worker_that_still_answers_for_a_moment_is_named(
    answers, monkeypatch
):
    with pytest.raises(LostWorkerError, match=r"Worker 0 has lost worker 1 \("):
        fail(monkeypatch, LOST, answers)


def test_connections_may_be_lost_alone(monkeypatch):
    monkeypatch.setattr(heartbeat, "_LINGERING", 0.0)
    with pytest.raises(LostWorkerError, match="has lost worker connections"):
        fail(monkeypatch, LOST, 100)


def test_other_errors_pass(monkeypatch):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible"):
        fail(monkeypatch, OURS, 100)
