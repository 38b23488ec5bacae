"""A short measurement decides how runs train."""

import pytest

from normzoo.configs import digits_cnn
from normzoo.trainers.data import loading
from normzoo.trainers.supervised import measuring


@pytest.mark.parametrize(
    ("times", "steps", "unrolled", "expected"),
    [
        # (seconds of the first step, and of a step of a run), by mode.
        ({"call_by_call": (2.0, 0.002)}, 100, 0, "call_by_call"),
        (
            {"call_by_call": (2.0, 0.002), "stacked": (11.0, 0.0007)},
            10_000,
            0,
            "stacked",
        ),
        (
            {"call_by_call": (2.0, 0.002), "stacked": (11.0, 0.003)},
            10_000,
            0,
            "call_by_call",
        ),
        (
            {"call_by_call": (2.0, 0.002), "stacked": (90.0, 0.001)},
            2000,
            0,
            "call_by_call",
        ),
        # Loops that are written out take minutes to compile.
        ({"call_by_call": (2.0, 0.002)}, 10_000, 80, "call_by_call"),
        (
            {"call_by_call": (2.0, 0.002), "stacked": (40.0, 0.0015)},
            10_000,
            28,
            "stacked",
        ),
    ],
)
def test_what_is_faster(times, steps, unrolled, expected, monkeypatch):
    asked = []

    def timed(mode, *_):
        asked.append(mode)
        return times[mode]

    monkeypatch.setattr(measuring, "_timed", timed)
    mode, reason = measuring.faster(None, None, 16, steps, unrolled)
    assert mode == expected
    assert asked == list(times)
    stacked = f"{1000 * times['stacked'][1]:.1f}" if len(times) > 1 else "XLA"
    assert stacked in reason


@pytest.mark.slow
def test_real_runs_are_timed():
    config = digits_cnn.get_config()
    config.model.width, config.model.norm = 4, "batch"
    first, step = measuring._timed(
        "call_by_call", config, loading.load_data(config), 2
    )
    assert 0 < step < first
