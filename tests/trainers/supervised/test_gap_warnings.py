"""Figures that are too far apart are said in words."""

import pytest

from normzoo.trainers import app
from normzoo.trainers.supervised.population import gap_warning, gap_warnings

LATE = {
    "test_accuracy_moving": 0.39,
    "test_accuracy": 0.619,
    "population": {"batches": 40, "examples": 5120},
    "train_accuracy": 0.6,
    "validation_accuracy": 0.62,
    "test_examples": 10_000,
    "validation_examples": 1000,
}


def test_late_statistics_are_said():
    assert gap_warnings(LATE) == [
        "Moving statistics lag behind: test accuracy is 39.0 % with moving "
        "statistics and 61.9 % with those of 5,120 training examples. Train "
        "for more steps or lower the norm's momentum."
    ]


def test_statistics_of_few_examples_are_said():
    assert gap_warnings(LATE | {"test_accuracy_moving": 0.7}) == [
        "Statistics differ: test accuracy is 70.0 % with moving statistics and "
        "61.9 % with those of 5,120 training examples. Raise "
        "config.population.examples."
    ]


def test_overfitting_is_said():
    result = LATE | {"test_accuracy_moving": 0.62, "train_accuracy": 0.999}
    assert gap_warnings(result) == [
        "Validation accuracy is 62.0 %, but training accuracy is 99.9 % (mean "
        "over the last epoch, in training mode)."
    ]


@pytest.mark.parametrize(
    ("moving", "examples", "said"),
    [
        (0.5, 100, False),  # 0.619 and 0.5: the noise is 0.137
        (0.5, 200, True),
        (0.7, 200, False),
        (0.8, 200, True),
        (0.619, 10**9, False),
        (None, 200, False),
        (0.5, None, False),
    ],
)
def test_noise_is_not_said(moving, examples, said):
    result = LATE | {"test_accuracy_moving": moving}
    assert bool(gap_warning(result, examples)) == said


def test_results_of_other_kinds_are_not_warned_of():
    assert gap_warnings({"status": "finished", "last_frechet": 3.0}) == []


def test_the_script_shows_warnings(capsys):
    app.show({"status": "finished"}, "run", "", ["It is late."])
    shown = capsys.readouterr()
    assert shown.err == "warning: It is late.\n"
    assert "late" not in shown.out
