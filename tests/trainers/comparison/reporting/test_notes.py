"""What stands below the table in words."""

import pytest

from normzoo.trainers.comparison.summary import summarize

from ..made_found import DISTANCE, made_found, steady

NONE, BATCH = "norm=none", "norm=batch"
BASE = steady(0.60)
RATES = (0.001, 0.01, 0.1)
FAST = {NONE: [0.1] * 2 + [0.01] * 8, BATCH: [0.1] + [0.01] * 9}
ESTIMATED = {"population": {"batches": 50, "examples": 1600, "seconds": 0.25}}
LATE = {"test_accuracy_moving": 0.39, **ESTIMATED}


def notes_of(found):
    return summarize(found, (found.design.metric,)).notes


def with_batch(more, values=BASE, **others):
    """Returns the notes where batch norm's results hold more."""
    return notes_of(
        made_found({NONE: BASE, BATCH: values}, results={BATCH: more}, **others)
    )


def moving(seeds):
    """Returns results whose moving statistics are as good, one a seed."""
    return [
        {"test_accuracy_moving": value + 0.002 * (-1) ** i, "population": {}}
        for i, value in enumerate(steady(0.60, seeds))
    ]


#: Name -> (notes, what one of them says).
SAID = {
    "one rate": (
        with_batch({}),
        "All variants share one learning rate, 0.001: one that needs another "
        "rate is at a disadvantage. Set compare.tune.rates to let each choose.",
    ),
    "largest rate": (
        with_batch({}, rates=RATES, chosen={BATCH: [0.1] * 3 + [0.01] * 7}),
        "The largest learning_rate, 0.1, was chosen by norm=batch (3 of 10 "
        "seeds): widen compare.tune.rates.",
    ),
    "smallest rate": (
        with_batch({}, rates=RATES, chosen={BATCH: [0.001] * 10}, once=True),
        "The smallest learning_rate, 0.001, was chosen once for all seeds by "
        "norm=batch: widen compare.tune.rates.",
    ),
    "largest rate of two": (
        with_batch({}, rates=RATES, chosen=FAST),
        "The largest learning_rate, 0.1, was chosen by norm=none (2 of 10 "
        "seeds) and norm=batch (1 of 10 seeds): widen compare.tune.rates.",
    ),
    "what statistics are of": (
        with_batch([{"population": None}, *[ESTIMATED] * 9], [None, *BASE[1:]]),
        "norm=batch is measured with statistics of 1,600 training examples, "
        "estimated in 0.2 s per run.",
    ),
    "what statistics of two are of": (
        notes_of(
            made_found(
                {NONE: BASE, BATCH: BASE},
                results={
                    NONE: {"population": {"examples": 1600, "seconds": 1.0}},
                    BATCH: ESTIMATED,
                },
            )
        ),
        "norm=none and norm=batch are measured with statistics of 1,600 "
        "training examples, estimated in 1.0 and 0.2 s per run.",
    ),
    "late statistics": (
        with_batch(LATE),
        "norm=batch: the moving statistics lag behind. The test accuracy is "
        "39.00 % with moving statistics and 60.00 % with statistics of the "
        "training data. A lower momentum or more steps would let them catch "
        "up.",
    ),
    "late in a single run": (
        with_batch(LATE, [0.6]),
        "norm=batch: the moving statistics lag behind. The test accuracy is "
        "39.00 % with moving statistics and 60.00 % with statistics of the "
        "training data. A lower momentum or more steps would let them catch "
        "up.",
    ),
    "statistics of few examples": (
        with_batch(LATE | {"test_accuracy_moving": 0.7}),
        "norm=batch: the statistics may come from too few examples. The test "
        "accuracy is 70.00 % with moving statistics and 60.00 % with "
        "statistics of the training data. Raise population.examples.",
    ),
    "overfitting": (
        with_batch({"train_accuracy": 0.99, "validation_accuracy": 0.62}),
        "The accuracy is better on training data than on validation data: by "
        "37.00 points with norm=batch.",
    ),
    "overfitting of two": (
        notes_of(
            made_found(
                {NONE: BASE, BATCH: BASE},
                results={
                    NONE: {"train_accuracy": 0.9, "validation_accuracy": 0.6},
                    BATCH: {"train_accuracy": 0.8, "validation_accuracy": 0.6},
                },
            )
        ),
        "The accuracy is better on training data than on validation data: by "
        "30.00 points with norm=none and by 20.00 points with norm=batch.",
    ),
    "late, one diverged": (
        with_batch([{"population": None}, *[LATE] * 9], [None, *BASE[1:]]),
        "norm=batch (runs that did not diverge): the moving statistics lag "
        "behind. The test accuracy is 39.00 % with moving statistics and "
        "60.00 % with statistics of the training data. A lower momentum or "
        "more steps would let them catch up.",
    ),
    "an older run": (
        with_batch([{}, *[ESTIMATED] * 9]),
        "norm=batch: 1 run by an older version (seed 0) measured with moving "
        "statistics, the others with those of the training data. To train "
        "them again, delete their folders.",
    ),
    "one diverged": (
        with_batch({}, [None, *BASE[1:]]),
        "1 of 10 runs of norm=batch diverged; each counts as worse than any "
        "other run.",
    ),
    "all diverged": (
        with_batch({}, [None] * 10),
        "All 10 runs of norm=batch diverged.",
    ),
    "shared seeds": (
        notes_of(
            made_found({NONE: BASE, BATCH: BASE[:5]}, looks=(5, 10)),
        ),
        "Differences are over the seeds shared with norm=none: 5 of "
        "norm=batch.",
    ),
    "looks": (
        notes_of(
            made_found(
                {NONE: steady(0.6, 20)} | {BATCH: BASE}, looks=(10, 20, 40)
            )
        ),
        "Verdicts were given after 10 and 20 seeds, of 3 looks that were "
        "planned; each has a level of 98.33 %, which keeps the chance of any "
        "false one within 5 %.",
    ),
    "changes": (
        with_batch({}, changes=("The rates were changed.",)),
        "The rates were changed.",
    ),
    "looks after changes": (
        with_batch({}, changes=("The rates were changed.",)),
        "Verdicts were given after 10 seeds; each has a level of 95 %, but the "
        "changed plan raises the chance of a false one.",
    ),
    "equally many examples": (
        notes_of(
            made_found(
                {NONE: BASE, BATCH: BASE},
                metric=DISTANCE,
                results={
                    name: {"last_n_real": 500, "last_n_fake": 400}
                    for name in (NONE, BATCH)
                },
            )
        ),
        "Distances compare 500 real with 400 generated examples in each run; "
        "fewer give larger Frechet distances.",
    ),
    "not equally many": (
        notes_of(
            made_found(
                {NONE: BASE, BATCH: BASE},
                metric=DISTANCE,
                results={
                    name: {"last_n_real": 500, "last_n_fake": 500 + i}
                    for i, name in enumerate((NONE, BATCH))
                },
            )
        ),
        "Runs were measured with different numbers of examples, so their "
        "Frechet distances cannot be compared.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_note(name):
    notes, said = SAID[name]
    assert said in notes


#: Name -> (notes, the beginning of what none of them says).
UNSAID = {
    "tuned": (with_batch({}, rates=RATES), "All variants share one"),
    "inside the grid": (with_batch({}, rates=RATES), "The largest"),
    "not below the grid": (with_batch({}, rates=RATES), "The smallest"),
    "no diverged run": (with_batch({}), "0 of 10"),
    "statistics are in time": (with_batch(moving(10)), "norm=batch: the mov"),
    "a gap within the noise of few examples": (
        with_batch({"test_accuracy_moving": 0.57, "test_examples": 100}),
        "norm=batch: the mov",
    ),
    "older versions without population": (with_batch({}), "norm=batch: 10"),
    "all seeds are shared": (with_batch({}), "Differences are over"),
    "a gap within the noise of few validation examples": (
        with_batch(
            {
                "train_accuracy": 0.7,
                "validation_accuracy": 0.6,
                "validation_examples": 100,
            }
        ),
        "norm=batch: the accuracy",
    ),
    "better on validation data": (
        with_batch({"train_accuracy": 0.6, "validation_accuracy": 0.7}),
        "norm=batch: the accuracy",
    ),
}


@pytest.mark.parametrize("name", UNSAID)
def test_no_note(name):
    notes, unsaid = UNSAID[name]
    assert not any(note.startswith(unsaid) for note in notes)


def test_a_gap_beyond_the_noise_of_many_examples():
    more = {"test_accuracy_moving": 0.57, "test_examples": 10_000}
    assert any("statistics lag behind" in note for note in with_batch(more))
