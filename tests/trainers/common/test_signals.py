"""SIGTERM and Ctrl-C lose nothing; a second one does not wait."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from normzoo.trainers.common import signals
from normzoo.trainers.data import loading

from .. import killable
from ..killable import handled


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)]
)
def test_the_first_signal_is_noted(number, code, capfd):
    called = threading.Event()
    # What a shell has started in the background ignores Ctrl-C.
    with handled(number, signal.SIG_DFL):
        with signals.catch(called.set) as stop, signals.catch() as inner:
            assert inner is stop
            stop.raise_if_wanted()
            os.kill(os.getpid(), number)
            assert called.wait(5)
            with pytest.raises(SystemExit) as raised:
                stop.raise_if_wanted()
        assert signal.getsignal(number) is signal.SIG_DFL
    assert raised.value.code == code
    assert signal.Signals(number).name in capfd.readouterr().err


def test_what_the_process_ignores_stays_ignored():
    with handled(signal.SIGINT, signal.SIG_IGN), signals.catch() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        assert stop.signal is None


def test_a_process_that_is_started_meanwhile_does_not_hear_ctrl_c():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print(1)"
    with handled(signal.SIGINT, signal.SIG_DFL):
        with signals.interrupt_blocked():
            child = subprocess.run([sys.executable, "-c", code], check=False)
        assert child.returncode == 0
        assert signal.SIGINT not in signal.pthread_sigmask(
            signal.SIG_BLOCK, set()
        )


def test_another_thread_catches_nothing():
    found = []

    def work():
        with signals.catch() as stop:
            found.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None]


@pytest.mark.slow
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
        logged = log.read_text()
        os.kill(process.pid, signal.SIGTERM)
        process.join()
        assert log.read_text() == logged  # the step did not end
    assert process.exitcode == 128 + signal.SIGTERM
