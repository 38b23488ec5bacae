"""What a comparison found, from made-up results."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from normzoo.trainers.comparison.intervals import differences, interval
from normzoo.trainers.comparison.looks import family_level
from normzoo.trainers.comparison.reporting.sentence import best_row
from normzoo.trainers.comparison.summary import summarize

from .made_found import ACCURACY, LOSS, RATE, made_found, steady

NONE, BATCH, LAYER = "norm=none", "norm=batch", "norm=layer"
COLUMNS = (ACCURACY, LOSS)


def test_a_row_per_variant():
    values = {
        NONE: steady(0.9),
        BATCH: [*steady(0.8, 8), None, None],
        LAYER: steady(0.95),
    }
    summary = summarize(made_found(values), COLUMNS)
    assert [row.variant for row in summary.rows] == list(values)
    assert summary.baseline == NONE
    assert summary.metrics == ("test_accuracy", "test_loss")
    assert summary.level == family_level(2, 1)
    none, batch, layer = summary.rows
    assert (batch.runs, batch.diverged) == (10, 2)
    assert (none.parameters, batch.parameters) == (1000, 1100)
    assert (none.memory, batch.memory) == (2_012_000, 4_013_200)
    assert (none.verdict, batch.verdict, layer.verdict) == (
        "baseline",
        "worse",
        "better",
    )
    assert none.differences == {}
    # Worse than any other, also where the least value is 0.
    with_worst = [-math.inf if v is None else v for v in values[BATCH]]
    expected = interval(with_worst)._replace(low=0.0)
    assert batch.intervals["test_accuracy"] == expected
    assert batch.intervals["test_loss"].high == math.inf
    by_seed = [dict(enumerate(values[name])) for name in (BATCH, NONE)]
    pairs = differences(*by_seed, higher_is_better=True)
    expected = interval(pairs, family_level(2, 1))
    assert batch.differences["test_accuracy"] == expected
    assert batch.differences["test_loss"].level < family_level(2, 1)


def test_the_primary_metric_comes_first():
    values = {NONE: steady(0.9), BATCH: steady(0.8)}
    summary = summarize(made_found(values, metric=LOSS), COLUMNS)
    assert summary.metrics == ("test_loss", "test_accuracy")
    assert summary.rows[1].verdict == "better"
    alone = summarize(made_found(values, metric=LOSS), (ACCURACY,))
    assert alone.metrics == ("test_loss", "test_accuracy")


def test_what_a_diverged_run_was_measured_before_counts_for_nothing():
    """A GAN's best distance is that of a checkpoint before it diverged."""
    values = {NONE: steady(0.9), BATCH: [0.99] * 10}
    lost = {BATCH: {"status": "diverged"}}
    batch = summarize(made_found(values, results=lost), COLUMNS).rows[1]
    assert batch.diverged == 10
    assert set(batch.values["test_accuracy"].values()) == {None}
    assert batch.verdict == "worse"


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_not_finite_has_diverged(value):
    values = {NONE: steady(0.9), BATCH: steady(0.9)}
    odd = {BATCH: [{"test_accuracy": value}, *[{}] * 9]}
    batch = summarize(made_found(values, results=odd), COLUMNS).rows[1]
    assert batch.diverged == 1


def test_figures_with_moving_statistics():
    values = {NONE: steady(0.9), BATCH: steady(0.9)}
    late = [{"test_accuracy_moving": 0.3 + i / 100} for i in range(10)]
    found = made_found(values, results={BATCH: late})
    none, batch = summarize(found, COLUMNS).rows
    assert none.moving == {}
    expected = interval([0.3 + i / 100 for i in range(10)])
    assert batch.moving == {"test_accuracy": expected}
    late[3] = {}  # of an older version
    found = made_found(values, results={BATCH: late})
    assert summarize(found, COLUMNS).rows[1].moving == {}
    late[3] = {"status": "diverged"}
    found = made_found(values, results={BATCH: late})
    moving = summarize(found, COLUMNS).rows[1].moving["test_accuracy"]
    assert moving.low == 0


def test_chosen_values_are_counted():
    found = made_found(
        {NONE: steady(0.9), BATCH: steady(0.9)},
        rates=(0.001, 0.01, 0.1),
        chosen={BATCH: [0.1] * 3 + [0.01] * 7},
    )
    none, batch = summarize(found, COLUMNS).rows
    assert none.chosen == {RATE: {0.01: 10}}
    assert list(batch.chosen[RATE].items()) == [(0.01, 7), (0.1, 3)]
    assert (none.at_edge, batch.at_edge) == ({RATE: {}}, {RATE: {0.1: 3}})
    assert (none.seconds, none.tuning_seconds) == (10.0, 20.0)


def test_ending_early_saves_no_time():
    values = {NONE: steady(0.9), BATCH: [None] * 6 + steady(0.9, 4)}
    assert summarize(made_found(values), COLUMNS).rows[1].seconds == math.inf
    values[BATCH] = [None] * 4 + steady(0.9, 6)
    assert summarize(made_found(values), COLUMNS).rows[1].seconds == 11.0


#: Ties, what is practically equal, what is far off, and diverged runs.
NUMBERS = (None, 0.0, 0.1, 0.101, 0.5, 0.9, 0.904, 1.0)


@strategies.composite
def losses(draw):
    """Draws the values of three variants, and which run is lost."""
    seeds = draw(strategies.integers(1, 12))
    runs = strategies.lists(
        strategies.sampled_from(NUMBERS), min_size=seeds, max_size=seeds
    )
    values = {name: draw(runs) for name in (NONE, BATCH, LAYER)}
    variant = draw(strategies.sampled_from(list(values)))
    finite = [i for i, v in enumerate(values[variant]) if v is not None]
    hypothesis.assume(finite)
    return values, variant, draw(strategies.sampled_from(finite))


def oriented(metric, found):
    """Returns center, low and high of an interval, higher meaning better."""
    sign = 1 if metric.higher_is_better else -1
    return [*sorted(sign * end for end in found[1:3]), sign * found.center]


def _fell(metric, before, after):
    """Neither end nor the center of an interval has become better."""
    numbers = np.array([oriented(metric, each) for each in (before, after)])
    assert np.all(numbers[1] <= numbers[0])


@pytest.mark.parametrize("metric", COLUMNS, ids=lambda metric: metric.name)
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(losses())
def test_losing_a_run_improves_nothing(metric, drawn):
    """No change from finite to diverged makes its variant look better."""
    values, variant, seed = drawn
    lost = {**values, variant: list(values[variant])}
    lost[variant][seed] = None
    before, after = (
        summarize(made_found(each, metric=metric), COLUMNS)
        for each in (values, lost)
    )
    was, now = (
        {row.variant: row for row in summary.rows}
        for summary in (before, after)
    )
    mine = was[variant], now[variant]
    _fell(metric, *(row.intervals[metric.key] for row in mine))
    assert mine[1].seconds >= mine[0].seconds
    assert mine[1].diverged == mine[0].diverged + 1
    for name in (BATCH, LAYER):
        pair = [rows[name] for rows in (was, now)]
        ends = [row.differences[metric.key] for row in pair]
        verdicts = [row.verdict for row in pair]
        if variant == NONE:  # which the others are better than, if anything
            ends.reverse()
            assert "worse" not in verdicts[1:] or verdicts[0] == "worse"
        elif variant != name:
            assert pair[0] == pair[1]
        else:
            assert "better" not in verdicts[1:] or verdicts[0] == "better"
            assert verdicts[0] != "worse" or verdicts[1] == "worse"
        _fell(metric, *ends)
    named = [best_row(summary).variant for summary in (before, after)]
    assert named[1] != variant or named[0] == variant
