"""What a process of its own measures, in turns with ours."""

import importlib.util
import time

import pytest

from normzoo.trainers.benchmarks import gan, norms, recurrent, remote
from normzoo.trainers.common import timing

STAND_IN = """
import os, sys, time

def steps(path, rows):
    def note(name):
        with open(path, "a") as file:
            file.write(name)
        time.sleep(0.02)
        print("libraries print")

    def fail():
        raise ValueError(f"{rows} rows")

    assert "tensorflow" not in sys.modules
    return {
        "twin": lambda: note("t"),
        "fails": fail,
        "dies": lambda: os._exit(7),
        "process": lambda: open(path, "w").write(str(os.getpid())),
    }
"""


@pytest.fixture
def stand_in(tmp_path):
    """Calls of a module that stands in for PyTorch's, and what they noted."""
    file, notes = tmp_path / "stand_in.py", tmp_path / "notes"
    file.write_text(STAND_IN)
    with remote.calls(file, "steps", path=str(notes), rows=3) as found:
        yield found, notes


def test_both_sides_take_turns_by_their_own_clocks(stand_in):
    calls, notes = stand_in

    def ours():
        with open(notes, "a") as file:
            file.write("o")

    seconds = timing.interleaved({"ours": ours, "twin": calls["twin"]}, 3, 1)
    assert notes.read_text() == "ot" + 3 * "oott"
    assert 0.02 <= seconds["twin"] < 1
    start = time.perf_counter()
    assert timing.once(calls["twin"]) < time.perf_counter() - start


def test_one_process_makes_all_calls(stand_in):
    calls, notes = stand_in
    found = set()
    for _ in range(3):
        calls["process"]()
        found.add(notes.read_text())
    assert found == {str(calls["process"].process.pid)}


def test_an_error_is_told_and_ends_the_process(stand_in):
    calls, _ = stand_in
    with pytest.raises(RuntimeError, match=r"fails(?s:.*)ValueError: 3 rows"):
        calls["fails"]()
    with pytest.raises(RuntimeError, match=r"exit code 0.*'twin'"):
        calls["twin"]()


def test_the_death_of_the_process_is_told(stand_in):
    calls, _ = stand_in
    with pytest.raises(RuntimeError, match=r"exit code 7.*'dies'"):
        calls["dies"]()


def test_the_process_ends_with_the_block(tmp_path):
    file = tmp_path / "stand_in.py"
    file.write_text(STAND_IN)
    with remote.calls(file, "steps", path="", rows=1) as found:
        process = found["twin"].process
        assert process.poll() is None
    assert process.poll() == 0
    with (
        pytest.raises(RuntimeError, match="KeyError: 'none'"),
        remote.calls(file, "none"),
    ):
        pytest.fail("There is no such function.")


def test_without_pytorch_there_are_no_calls(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with remote.torch_calls("torch_gan.py", "steps") as found:
        assert found == {}


@pytest.fixture
def torch():
    """Skips the test where PyTorch, of which no test may need, is missing."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed.")


@pytest.mark.usefixtures("torch")
def test_pytorch_layers_and_lstm_are_measured(monkeypatch):
    monkeypatch.setattr(norms, "MODES", ("graph",))
    monkeypatch.setattr(norms, "subjects", lambda rank: {})
    for shape in ((2, 4, 4, 8), (4, 8)):
        for dtype in ("float32", "bfloat16"):
            seconds = norms.measure(shape, dtype, 1)
            assert timing.best(seconds, "torch batch") > 0
            assert timing.best(seconds, "torch layer") > 0
    monkeypatch.setattr(recurrent, "RECURRENT_SIZES", {"tiny": (2, 3, 2)})
    monkeypatch.setattr(recurrent, "subjects", lambda *_: {})
    for dtype in ("float32", "bfloat16"):
        seconds, first = recurrent.measure("tiny", dtype, "training", 1)
        assert set(seconds) == set(first) == {"torch LSTM, threads=1"}


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_pytorch_dcgan_is_measured(dtype, monkeypatch):
    monkeypatch.setattr(gan.dcgan, "step_per_norm", lambda *_: {})
    seconds = gan.step_seconds(dtype, 1, 4, 4)
    assert timing.best(seconds, "torch batch") > 0
