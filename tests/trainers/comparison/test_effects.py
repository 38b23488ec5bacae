"""Effects of claims that can be computed by hand."""

import math

import pytest

from normzoo.configs import claims
from normzoo.configs.claims import (
    exploding_weights,
    independence,
    layer_norm_regularizes,
    raw_inputs,
)
from normzoo.trainers.comparison.trials import Trial

from .made_trials import trials_of

#: Claim -> its effect in a world of gain 1, see `made_trials`.
EFFECTS = {
    "exploding_weights": 0.5,
    "independence": 1.0,
    # A decade at depth 3; two at the others, where only whole ones are tried.
    "initialization": (1 + 2 + 2) / 3,
    "layer_norm_regularizes": 0.5,
    "raw_inputs": 0.05,
    "scale_and_shift_speed": math.log10(50 / 10),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_the_one_that_was_made(name):
    module, trials = trials_of(name, (1, 0))
    assert module.judge(trials) == pytest.approx({0: EFFECTS[name], 1: 0})


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_depends_on_the_runs_of_its_seed_alone(name):
    module, trials = trials_of(name, (1, -1, 1))
    effects = module.judge(trials)
    for seed, effect in effects.items():
        alone = module.judge(claims.select(trials, seed=seed))
        assert alone == {seed: effect}


def trial(result=None, **logs):
    result = {"status": "finished", **(result or {})}
    lines = [
        {**line, "split": split} for split, log in logs.items() for line in log
    ]
    return Trial({"seed": 0}, result, lines)


def course(*points):
    """Returns a trial with training and held-out losses, epoch by epoch."""
    return trial(
        probe=[
            {"epoch": i, "loss": loss} for i, (loss, _) in enumerate(points)
        ],
        validation=[
            {"epoch": i, "loss": held_out}
            for i, (_, held_out) in enumerate(points)
        ],
    )


def held_out(points, level):
    return layer_norm_regularizes._held_out(course(*points), level)


def test_held_out_losses_are_interpolated():
    points = [(1.0, 3.0), (0.01, 1.0), (1.0, 9.0), (0.0001, 7.0)]
    # Half of the way by the logarithm, when it is passed first.
    assert held_out(points, 0.1) == pytest.approx(2.0)
    assert held_out(points, 0.01) == pytest.approx(1.0)
    assert held_out(points, 0.001) == pytest.approx(9.0 - 2 * 3 / 4)


@pytest.mark.parametrize(
    ("points", "level"),
    [
        ([(1.0, 3.0), (0.5, 1.0)], 0.1),  # never so small
        ([(0.05, 3.0), (0.01, 1.0)], 0.1),  # from the beginning
        ([(0.2, 3.0)], 0.1),
        ([], 0.1),
    ],
)
def test_a_training_loss_that_is_not_passed_has_no_held_out_loss(points, level):
    assert held_out(points, level) is None


def test_losses_that_both_reach_are_compared():
    plain = course((2.0, 5.0), (0.2, 5.0), (0.02, 6.0))
    normed = course((2.0, 4.0), (0.2, 4.0))
    gain = layer_norm_regularizes._gain_of_pair
    # 1 and 0.3 are reached by both.
    found = gain(plain, normed, layer_norm_regularizes.LEVELS)
    assert found == pytest.approx(1.0)
    assert gain(plain, course(), layer_norm_regularizes.LEVELS) == 0


def test_layers_and_moments_count_alike():
    lines = [
        {"relative_change/a": 0.1, "relative_change/b": 10.0, "cosine/a": 0.0},
        {"relative_change/a": 0.01, "relative_change/b": None},
    ]
    largest = math.log10(independence.LARGEST)
    expected = (-1 + 1 - 2 + largest) / 4
    assert independence._change(lines) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sizes", "growth"),
    [
        ([(1.0, 2.0), (0.5, 1.0)], 0.0),  # nothing grew
        ([(1.0, 2.0), (1.0, 20.0), (3.0, 2.0)], 1.0),
        ([(1.0, 2.0), (1e9, 2.0)], exploding_weights.MOST),
        ([(1.0, 2.0), (1.0, None)], exploding_weights.MOST),
        ([(1.0, 2.0), (0.0, 2.0)], 0.0),
    ],
)
def test_the_growth_is_that_of_the_kernel_that_grew_most(sizes, growth):
    lines = [{"weight_norm/a": a, "weight_norm/b": b} for a, b in sizes]
    found = exploding_weights._growth(trial(probe=lines))
    assert found == pytest.approx(growth)


def test_of_equally_accurate_runs_the_one_of_less_loss_is_chosen():
    def made(rate, accuracy, loss, status="finished"):
        settings = {"seed": 0, "learning_rate": rate}
        result = {
            "validation_accuracy": accuracy,
            "validation_loss": loss,
            "status": status,
        }
        return trial(result)._replace(settings=settings)

    best = made(1, 0.9, 0.2)
    others = [
        made(2, 0.9, 0.3),
        made(3, 0.8, 0.1),
        made(4, None, None, "diverged"),
    ]
    (found,) = raw_inputs._tuned([*others, best])
    assert found is best
    (found,) = raw_inputs._tuned([others[-1]])
    assert found is others[-1]
