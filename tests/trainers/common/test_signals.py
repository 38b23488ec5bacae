"""SIGTERM and Ctrl-C lose nothing; a second one does not wait."""

import os
import signal
import threading
import time

import pytest

from normzoo.trainers.common import signals
from normzoo.trainers.data import loading

from .. import killable


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)]
)
def test_the_first_signal_is_noted(number, code, capfd):
    called = threading.Event()
    before = signal.getsignal(number)
    with signals.catch(called.set) as stop, signals.catch() as inner:
        assert inner is stop
        stop.raise_if_wanted()
        os.kill(os.getpid(), number)
        assert called.wait(5)
        with pytest.raises(SystemExit) as raised:
            stop.raise_if_wanted()
    assert raised.value.code == code
    assert signal.Signals(number).name in capfd.readouterr().err
    assert signal.getsignal(number) is before


def test_what_the_process_ignores_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with signals.catch() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            assert stop.signal is None
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_catches_nothing():
    found = []

    def work():
        with signals.catch() as stop:
            found.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None]


def test_the_second_signal_ends_a_long_step_at_once(config, tmp_path):
    loading.load_data(config)
    config.steps_per_execution = 1_000_000
    config.batch_size = 1
    config.epochs = 1000
    config.model.name = "cnn"
    log = tmp_path / "run/metrics.jsonl"
    with killable.started(
        config=config,
        workdir=str(tmp_path / "run"),
        stderr=str(tmp_path / "stderr"),
    ) as process:
        killable.wait_for(log.exists, process)
        time.sleep(1)  # it compiles, and then has 1204 steps in one call
        os.kill(process.pid, signal.SIGTERM)
        killable.wait_for(
            lambda: "SIGTERM" in (tmp_path / "stderr").read_text(), process
        )
        start = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        process.join()
        assert time.monotonic() - start < 1
    assert process.exitcode == 128 + signal.SIGTERM
