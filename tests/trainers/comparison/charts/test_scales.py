"""From numbers to places in a chart, and the ticks beside its axes."""

import math

import pytest

from normzoo.trainers.comparison.charts import numbers
from normzoo.trainers.comparison.charts.linear import Linear, linear
from normzoo.trainers.comparison.charts.log import Log, log

#: Scale -> its ticks.
TICKS = {
    Linear(0, 1, 0, 100): [0.0, 0.5, 1.0],
    Linear(0.93, 0.98, 0, 100): [0.94, 0.96, 0.98],
    Linear(-0.3, 0.3, 0, 100): [-0.2, 0.0, 0.2],
    Linear(0, 74, 100, 0): [0.0, 20.0, 40.0, 60.0],
    Linear(-2e-9, 1e-9, 0, 1): [-2e-9, -1e-9, 0.0, 1e-9],
    Log(1, 1000, 0, 300): [1.0, 10.0, 100.0, 1000.0],
    Log(1e-3, 2e-2, 0, 1): [1e-3, 2e-3, 5e-3, 1e-2, 2e-2],
    Log(1, 1e12, 0, 1): [1.0, 1e3, 1e6, 1e9, 1e12],
}


@pytest.mark.parametrize("scale", TICKS, ids=str)
def test_ticks_are_round(scale):
    assert scale.ticks() == pytest.approx(TICKS[scale])
    places = [scale(number) for number in scale.ticks()]
    assert min(scale[2:]) <= min(places) < max(places) <= max(scale[2:])


@pytest.mark.parametrize("make", [linear, log])
@pytest.mark.parametrize("some", [[3.0, 5.0, 4.0], [7.0]])
def test_a_scale_holds_its_numbers(make, some):
    scale = make(some, 10, 20, 0.1)
    places = [scale(number) for number in some]
    assert all(10 < place < 20 for place in places)
    order = sorted(range(len(some)), key=some.__getitem__)
    rising = [places[i] for i in order]
    assert rising == sorted(rising)
    if len(some) == 1:
        assert places == pytest.approx([15])


@pytest.mark.parametrize(
    ("some", "kind"),
    [
        ([1, 10], Linear),
        ([0.01, 3], Log),
        ([0, 1000], Linear),
        ([-1, 1000], Linear),
        ([math.inf, 1, 2], Linear),
        ([math.inf], Linear),
        ([], Linear),
    ],
)
def test_wide_positive_numbers_get_a_logarithmic_scale(some, kind):
    found = numbers.scale(some, 0, 1)
    assert isinstance(found, kind)
    assert isinstance(numbers.scale(some, 0, 1, may_be_log=False), Linear)
    assert math.isfinite(found.low)
    assert found.low < found.high


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
        (1234.0, "1234"),
        (26122, "26.12k"),
        (2e6, "2M"),
        (1e-5, "1e-05"),
    ],
)
def test_numbers_are_short(number, text):
    assert numbers.text(number) == text


def test_long_names_lose_their_middle():
    assert numbers.shortened("norm=batch", 10) == "norm=batch"
    short = numbers.shortened("norm=" + "x" * 40 + "/mine.py:Norm", 20)
    assert len(short) == 20
    assert short.startswith("norm=")
    assert short.endswith(".py:Norm")
