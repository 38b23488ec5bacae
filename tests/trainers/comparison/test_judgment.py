"""Verdicts of intervals, and what failures do to them."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from normzoo.trainers.comparison.judgment import (
    VERDICTS,
    judge,
    verdicts,
)
from normzoo.trainers.comparison.looks import family_level, fewest_seeds

patient = settings(deadline=None)

INF = math.inf
RANKS = {"worse": 0, "undecided": 1, "practically equal": 1, "better": 2}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.5, 3, "better"),
        (2, INF, "better"),
        (-3, -0.5, "worse"),
        (-INF, -2, "worse"),
        (-0.5, 0.5, "practically equal"),
        (0.2, 0.5, "practically equal"),  # not 0, but smaller than counts
        (-0.5, -0.2, "practically equal"),
        (0, 0, "practically equal"),
        (0.5, 1, "better"),  # its end is as large as what counts
        (-1, 0.5, "undecided"),
        (-1, -0.5, "worse"),
        (0, 3, "undecided"),
        (-3, 0, "undecided"),
        (-2, 2, "undecided"),
        (-INF, INF, "undecided"),
        (1e-7, 3, "undecided"),  # a rounding error is no difference
        (-0.5, 1 - 1e-7, "undecided"),
    ],
)
def test_the_interval_decides(low, high, verdict):
    found = verdicts(low, high, 1, True, 1e-6)
    assert VERDICTS[found] == verdict
    swapped = {"better": "worse", "worse": "better"}
    found = verdicts(low, high, 1, False, 1e-6)
    assert VERDICTS[found] == swapped.get(verdict, verdict)


def test_nothing_is_equal_if_all_differences_count():
    assert VERDICTS[verdicts(0, 0, 0, higher_is_better=True)] == "undecided"


def seeds(values):
    return dict(enumerate(values))


def judged(values, baseline, higher=True, least=1.0, level=0.95):
    return judge(
        seeds(values),
        seeds(baseline),
        higher_is_better=higher,
        least=least,
        level=level,
    )


@pytest.mark.parametrize(
    ("values", "baseline", "higher", "verdict"),
    [
        ([5, 6, 7, 8, 9, 10], [0] * 6, True, "better"),
        ([5, 6, 7, 8, 9, 10], [0] * 6, False, "worse"),
        ([0] * 6, [5, 6, 7, 8, 9, 10], True, "worse"),
        ([0] * 6, [5, 6, 7, 8, 9, 10], False, "better"),
        ([0.1] * 6, [0] * 6, True, "practically equal"),
        ([5, 6, 7, 8, 9], [0] * 5, True, "undecided"),
        ([0] * 5, [0] * 5, True, "undecided"),
        ([], [], True, "undecided"),
        ([None] * 6, [0] * 6, True, "worse"),
        ([None] * 6, [0] * 6, False, "worse"),
        ([0] * 6, [None] * 6, True, "better"),
        ([0] * 6, [None] * 6, False, "better"),
        ([None] * 6, [None] * 6, True, "practically equal"),
        ([None, 6, 7, 8, 9, 10], [0] * 6, True, "undecided"),
        ([None] * 2 + [9] * 18, [0] * 20, True, "better"),
    ],
)
def test_verdicts_of_runs(values, baseline, higher, verdict):
    found = judged(values, baseline, higher)
    assert found.verdict == verdict
    assert found.seeds == len(values)
    if verdict != "undecided":
        assert found.seeds_needed is None


def test_only_shared_seeds_count():
    values = dict.fromkeys(range(10), 9.0)
    baseline = dict.fromkeys(range(5, 20), 0.0)
    found = judge(values, baseline, higher_is_better=True, least=1.0, level=0.9)
    assert (found.seeds, found.verdict) == (5, "better")


@pytest.mark.parametrize(
    ("higher", "least"), [(None, 1.0), (True, -1.0), (False, math.nan)]
)
def test_what_cannot_be_judged(higher, least):
    with pytest.raises(ValueError, match="A verdict needs a metric with"):
        judged([1.0], [0.0], higher, least)


@pytest.mark.parametrize(
    ("dtype", "values", "baseline"),
    [
        (np.float64, [8, 9, 1, 8, 10, 9, 8], [3, 5, 3, 10, 6, 5, 6]),
        (np.float32, [8, 10, 6, 7, 6, 10, 8], [1, 2, 8, 4, 9, 1, 3]),
    ],
)
def test_ties_are_not_broken_by_rounding(dtype, values, baseline):
    # Shares of ten; the end of the interval is a Walsh average of 0, such as
    # 0.1 - 0.3 and 0.6 - 0.4, which is 3e-17 in float64 and 1e-8 in float32.
    values, baseline = np.array(values), np.array(baseline)
    whole = judged(values, baseline, least=0.05, level=0.9)
    shares = judged(
        *((each / 10).astype(dtype) for each in (values, baseline)),
        least=0.005,
        level=0.9,
    )
    assert whole.interval.low == 0 < shares.interval.low
    assert whole.verdict == shares.verdict == "undecided"


@pytest.mark.parametrize(
    ("values", "least", "level", "needed"),
    [
        ([1.0], 1.0, 0.95, None),
        ([], 1.0, 0.95, None),
        ([-INF, INF] * 5, 1.0, 0.95, None),
        ([-1.0, 1.0, 1e-263], 0.0, 0.5, None),
        # Centered on 0 and 3 long on each side of it at seven seeds, where the
        # third average is an end: 7 * 3**2 = 63 seeds reach +-1.
        ([-3.1, -3.0, -1.0, 0.0, 1.0, 3.0, 3.1], 1.0, 0.95, 64),
        # No difference, and none is small: no number decides.
        ([-3.1, -3.0, -1.0, 0.0, 1.0, 3.0, 3.1], 0.0, 0.95, None),
        ([-3.1, -3.0, -1.0, 0.0, 1.0, 3.0, 3.1], 0.01, 0.95, None),
        # All the same: as many as are needed for the level.
        ([5.0, 5.0], 1.0, 0.95, 6),
        ([0.0, 0.0], 1.0, family_level(4, 3), 9),
    ],
)
def test_seeds_needed(values, least, level, needed):
    values = [None if value == -INF else value for value in values]
    baseline = [None if value == INF else 0.0 for value in values]
    values = [0.0 if value == INF else value for value in values]
    found = judged(values, baseline, least=least, level=level)
    assert (found.verdict, found.seeds_needed) == ("undecided", needed)


@patient
@example([1.0, 1e-311, -1.0], 0.9)  # a center that nothing can be divided by
@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=14),
    st.sampled_from([0.9, 0.95, family_level(4, 3)]),
)
def test_seeds_needed_are_more_than_there_are(values, level):
    found = judged(values, [0.0] * len(values), level=level)
    if found.seeds_needed is not None:
        assert found.seeds < found.seeds_needed <= 1000
        assert found.seeds_needed >= fewest_seeds(level)


RUNS = st.one_of(st.none(), st.integers(-3, 3), st.floats(-3, 3))


@patient
@given(
    pairs=st.lists(st.tuples(RUNS, RUNS), min_size=1, max_size=14),
    place=st.integers(0, 13),
    higher=st.booleans(),
    least=st.sampled_from([0.0, 0.5, 2.0]),
    level=st.sampled_from([0.0, 0.5, 0.9, 0.95]),
)
def test_no_failure_improves_its_variant(pairs, place, higher, least, level):
    """From finite to diverged: neither verdict nor interval gets better."""
    values, baseline = (list(side) for side in zip(*pairs, strict=True))
    before = judged(values, baseline, higher, least, level)
    values[place % len(values)] = None
    after = judged(values, baseline, higher, least, level)
    assert RANKS[after.verdict] <= RANKS[before.verdict]
    sign = 1 if higher else -1
    for old, new in zip(before.interval[:3], after.interval[:3], strict=True):
        assert sign * new <= sign * old
    assert after.seeds == before.seeds


@patient
@given(
    pairs=st.lists(st.tuples(RUNS, RUNS), min_size=1, max_size=14),
    place=st.integers(0, 13),
    higher=st.booleans(),
)
def test_no_failure_of_the_baseline_worsens_a_variant(pairs, place, higher):
    values, baseline = (list(side) for side in zip(*pairs, strict=True))
    before = judged(values, baseline, higher, level=0.5)
    baseline[place % len(values)] = None
    after = judged(values, baseline, higher, level=0.5)
    assert RANKS[after.verdict] >= RANKS[before.verdict]
