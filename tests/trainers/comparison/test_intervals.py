"""Signed-rank intervals against enumeration and SciPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from normzoo.trainers.common.metric import Metric
from normzoo.trainers.comparison import intervals
from normzoo.trainers.comparison.intervals import (
    Interval,
    differences,
    interval,
    metric_interval,
)

patient = settings(deadline=None)

INF = math.inf
LEVELS = [0.5, 0.8, 0.9, 0.95, 0.99, 1 - 0.05 / 12]

#: Small whole numbers, so that ties and rounding-free averages are common.
NUMBERS = st.one_of(
    st.integers(-8, 8).map(float),
    st.floats(-1e6, 1e6),
    st.sampled_from([-INF, INF]),
)


def enumerated(values, level):
    """The interval of its definition: all averages, all signs, in a loop."""
    n = len(values)
    sums = [
        sum(rank for rank, sign in enumerate(signs, 1) if sign)
        for signs in itertools.product([0, 1], repeat=n)
    ]
    allowed = [
        k
        for k in range(n * (n + 1) // 2)
        if sum(s <= k for s in sums) / 2**n <= (1 - level) / 2
    ]
    k = max(allowed, default=0)
    averages = sorted(
        (a + b) / 2
        for a, b in itertools.combinations_with_replacement(values, 2)
    )
    attained = 1 - 2 * sum(s <= k for s in sums) / 2**n
    low, high = averages[k], averages[-1 - k]
    return Interval(np.median(averages), low, high, attained)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", range(1, 11))
def test_equals_the_enumeration_of_all_signs(n, level):
    values = np.random.default_rng(n).standard_normal(n).tolist()
    assert interval(values, level) == pytest.approx(enumerated(values, level))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [9, 12, 20, 40])
def test_holds_what_the_test_does_not_reject(n, level):
    values = np.random.default_rng(n).standard_t(3, n)
    found = interval(values, level)
    for end, outward in ((found.low, -1e-6), (found.high, 1e-6)):
        for theta, inside in ((end + outward, False), (end - outward, True)):
            p = stats.wilcoxon(values - theta, method="exact").pvalue
            assert (p > 1 - level) == inside


@pytest.mark.parametrize(
    ("values", "level", "expected"),
    [
        ([], 0.95, (-INF, INF, 0.0)),
        ([2.0], 0.95, (2.0, 2.0, 0.0)),
        ([2.0, 5.0], 0.95, (2.0, 5.0, 0.5)),
        ([1.0, 2.0, 9.0], 0.95, (1.0, 9.0, 0.75)),
        ([1.0, 2.0, 9.0, 3.0, 4.0], 0.95, (1.0, 9.0, 0.9375)),
        ([1.0, 2.0, 9.0, 3.0, 4.0, 5.0], 0.95, (1.0, 9.0, 0.96875)),
    ],
)
def test_few_values_show_their_range(values, level, expected):
    assert interval(values, level)[1:] == expected


def test_without_values_there_is_no_center():
    assert math.isnan(interval([]).center)


@pytest.mark.parametrize("n", [190, 200, 201, 250])
@pytest.mark.parametrize("level", LEVELS)
def test_attains_the_level_where_the_formula_changes(n, level):
    k, attained = intervals.skipped_averages(n, level)
    mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
    wanted = mean + stats.norm.ppf((1 - level) / 2) * math.sqrt(variance)
    assert level <= attained < level + 0.003
    assert k == pytest.approx(wanted, rel=0.005)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 40])
def test_level_0_is_still_an_interval(n):
    values = np.random.default_rng(n).standard_normal(n)
    center, low, high, level = interval(values, 0.0)
    assert low <= center <= high
    assert level == pytest.approx(0, abs=0.2) or n < 4


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-INF] * 6, (-INF, -INF, -INF)),
        ([-INF, 1, 2, 3, 4, 5], (2.5, -INF, 5)),
        ([1, 2, 3, 4, 5, INF], (3.5, 1, INF)),
        ([-INF, -INF, -INF, INF, INF, INF], (0, -INF, INF)),
        # The mixed average is 0 for the center, the worst for each end.
        ([-INF, INF], (0, -INF, INF)),
    ],
)
def test_infinite_values(values, expected):
    assert interval(values)[:3] == expected


def test_one_failure_of_many_leaves_the_ends_finite():
    values = [*np.linspace(1, 2, 19), -INF]
    found = interval(values)
    assert 1 < found.low < found.center < found.high <= 2


@patient
@given(
    values=st.lists(NUMBERS, min_size=1, max_size=14),
    place=st.integers(0, 13),
    lowered=NUMBERS,
    level=st.sampled_from([0.0, *LEVELS]),
)
def test_a_lower_value_raises_nothing(values, place, lowered, level):
    place %= len(values)
    worse = list(values)
    worse[place] = min(lowered, values[place])
    before, after = interval(values, level), interval(worse, level)
    for name in ("center", "low", "high"):
        assert getattr(after, name) <= getattr(before, name)
    assert after.level == before.level


@patient
@given(st.lists(NUMBERS, min_size=1, max_size=14), st.sampled_from(LEVELS))
def test_the_center_is_inside_and_a_mirror_mirrors(values, level):
    found = interval(values, level)
    assert found.low <= found.center <= found.high
    mirrored = interval([-value for value in values], level)
    assert mirrored[:3] == (-found.center, -found.high, -found.low)


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_covers_with_ties_as_well(digits):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((4000, 12))
    values = values if digits is None else np.round(values, digits)
    k, attained = intervals.skipped_averages(12, 0.95)
    _, low, high = intervals.center_and_ends(values, k)
    covered = ((low <= 0) & (high >= 0)).mean()
    error = math.sqrt(attained * (1 - attained) / 4000)
    assert covered >= attained - 3 * error
    if digits is None:
        assert covered <= attained + 3 * error


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: interval([1.0, math.nan]), "Values must be numbers"),
        (lambda: interval([1.0], 1.0), r"lies in \[0, 1\)"),
        (lambda: interval([1.0], 95), r"lies in \[0, 1\)"),
    ],
)
def test_impossible_arguments(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize(
    ("value", "other", "higher", "expected"),
    [
        (3.0, 1.0, True, 2.0),
        (3.0, 1.0, False, 2.0),
        (None, 1.0, True, -INF),
        (None, 1.0, False, INF),
        (1.0, None, True, INF),
        (1.0, None, False, -INF),
        (None, None, True, 0.0),
        (None, None, False, 0.0),
        (math.nan, 1.0, True, -INF),
        (INF, 1.0, False, INF),
        (INF, INF, False, 0.0),
    ],
)
def test_differences(value, other, higher, expected):
    assert differences({7: value}, {7: other}, higher) == [expected]


def test_differences_are_those_of_shared_seeds():
    values, others = {0: 5.0, 1: 7.0, 2: 9.0}, {2: 1.0, 0: 2.0, 3: 0.0}
    assert differences(values, others, True) == [3.0, 8.0]
    assert differences(values, {}, True) == []


def metric(higher, bounds=(-INF, INF)):
    return Metric(key="k", title="K", higher_is_better=higher, bounds=bounds)


@pytest.mark.parametrize(
    ("values", "higher", "bounds", "expected"),
    [
        ([0.9, 0.8, 0.7], True, (0, 1), (0.8, 0.7, 0.9)),
        ([0.9, 0.8, 0.7, None], True, (0, 1), (0.725, 0, 0.9)),
        ([0.9, None, None], True, (0, 1), (0, 0, 0.9)),
        ([None, None, None], True, (0, 1), (0, 0, 0)),
        ([2.0, 3.0, None], False, (0, INF), (INF, 2.0, INF)),
        ([2.0, 3.0, None], None, (0, INF), (2.5, 0, INF)),
        ([None], None, (-INF, INF), (math.nan, -INF, INF)),
        ([], True, (0, 1), (math.nan, 0, 1)),
    ],
)
def test_intervals_of_one_variant(values, higher, bounds, expected):
    found = metric_interval(values, metric(higher, bounds))
    assert found[:3] == pytest.approx(expected, nan_ok=True)


@patient
@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=12),
    st.integers(0, 11),
    st.booleans(),
)
def test_a_failure_improves_no_variant(values, place, higher):
    failed = list(values)
    failed[place % len(values)] = None
    before, after = (
        metric_interval(x, metric(higher, (0, 1))) for x in (values, failed)
    )
    for old, new in zip(before[:3], after[:3], strict=True):
        assert 0 <= new <= 1
        assert new <= old if higher else new >= old
