"""A comparison look by look, with runs that end at once."""

import dataclasses
import itertools
import json

import pytest

from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.procedure.grid import edges, make_grid
from normzoo.trainers.comparison.procedure.tuning import choose, choose_once

from .fakes import RATE, SCORE, fake, fake_config, norms, run

__all__ = ["fake"]  # a fixture

NORMS = norms("none", "good", "bad", "same", "noisy")
GAINS = {"none": 0.0, "good": 1.0, "bad": -1.0, "same": 0.0}


def figures(config):
    """Clear cases, and one that stays undecided."""
    gain = GAINS.get(config.fake.norm, (-1) ** config.seed)
    score = gain + 0.001 * (config.seed % 3)
    return score, score


@pytest.fixture
def config():
    config = fake_config()
    config.compare.looks = (10, 12, 14)
    return config


def seeds_of(found):
    counted = {}
    for outcome in found.outcomes:
        counted.setdefault(outcome.variant, []).append(outcome.seed)
    return counted


def test_only_the_undecided_and_the_baseline_go_on(fake, config, tmp_path):
    fake.figures = figures
    found = run(config, NORMS, tmp_path)
    assert [look.seeds for look in found.looks] == [10, 12, 14]
    expected = {
        "norm=good": "better",
        "norm=bad": "worse",
        "norm=same": "practically equal",
        "norm=noisy": "undecided",
    }
    assert [look.verdicts for look in found.looks] == [expected] * 3
    assert {name: len(seeds) for name, seeds in seeds_of(found).items()} == {
        "norm=none": 14,
        "norm=good": 10,
        "norm=bad": 10,
        "norm=same": 10,
        "norm=noisy": 14,
    }
    assert len(fake.trained) == len(set(fake.trained)) == 14 * 2 + 10 * 3
    assert found.changes == ()


def test_it_ends_when_all_is_decided(fake, config, tmp_path):
    fake.figures = figures
    found = run(config, NORMS[:4], tmp_path)
    assert [look.seeds for look in found.looks] == [10]
    assert len(fake.trained) == 40


def test_what_has_finished_is_told_until_the_first_look(fake, config, tmp_path):
    config.compare.looks = (3, 4)
    config.compare.tune.rates = ()
    told = []
    run(config, NORMS[:2], tmp_path, running=told.append)
    assert [len(found.outcomes) for found in told] == [1, 2, 3, 4, 5, 6]
    assert not any(found.looks for found in told)


def test_what_was_found_is_shown_while_it_goes_on(fake, config, tmp_path):
    fake.figures = figures

    def seen():
        shown = []
        run(config, NORMS, tmp_path, look=shown.append)
        return shown

    first, second = seen()
    assert [look.seeds for look in second.looks] == [10, 12]
    assert {len(seeds) for seeds in seeds_of(first).values()} == {10}
    assert seeds_of(second)["norm=noisy"] == list(range(12))
    # Nothing is left to be trained.
    assert not seen()


def test_too_few_seeds_decide_nothing(fake, config, tmp_path):
    fake.figures = figures
    config.compare.looks = ()
    (look,) = run(config, NORMS[:3], tmp_path, seeds=3).looks
    assert set(look.verdicts.values()) == {"undecided"}


@pytest.mark.slow
@pytest.mark.parametrize("once", [False, True])
def test_a_killed_comparison_ends_the_same(fake, config, once, tmp_path):
    fake.figures = figures
    config.compare.looks = (8, 9)
    config.compare.tune.rates = (0.1, 0.2)
    config.compare.tune.once = once
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    sweep = norms("none", "good", "noisy")
    whole = run(config, sweep, tmp_path / "whole")
    expected, fake.trained = sorted(fake.trained), []
    for stop in (1, len(expected) // 2):
        fake.stop_after = stop
        with pytest.raises(KeyboardInterrupt):
            run(config, sweep, tmp_path / "killed")
    fake.stop_after = None
    again = run(config, sweep, tmp_path / "killed")
    assert sorted(fake.trained) == expected
    assert again.looks == whole.looks
    assert again.outcomes == whole.outcomes
    plans = [
        json.loads((tmp_path / name / "plan.json").read_text())
        for name in ("whole", "killed")
    ]
    assert plans[0] == plans[1]
    fake.trained.clear()
    repeated = run(config, sweep, tmp_path / "killed")
    assert fake.trained == []
    assert repeated == again


def luck(config):
    """A rate whose luck in validation differs from seed to seed."""
    rate = config.optimizer.learning_rate
    if config.fake.norm == "bad" or rate == 0.3:
        return None
    best = 0.1 if config.seed % 2 else 0.2
    return rate, float(rate == best)


def test_each_seed_chooses_by_validation(fake, config, tmp_path):
    fake.figures = luck
    config.compare.looks = ()
    config.compare.tune.rates = (0.1, 0.2, 0.3)
    found = run(config, norms("none", "bad"), tmp_path, seeds=4)
    assert len(fake.trained) == 2 * 4 * 3
    assert fake.trained[0] == "norm=none,learning_rate=0.1,seed=0"
    none, bad = found.outcomes[:4], found.outcomes[4:]
    assert [outcome.chosen[RATE] for outcome in none] == [0.2, 0.1, 0.2, 0.1]
    assert [outcome.at_edge for outcome in none] == [(), (RATE,), (), (RATE,)]
    for outcome in none:
        assert outcome.result["test_score"] == outcome.chosen[RATE]
        assert outcome.run.variant == outcome.variant == "norm=none"
        assert outcome.seconds == 3
    assert {outcome.result["status"] for outcome in bad} == {"diverged"}
    assert bad[0].chosen == {RATE: 0.1}


def test_tuning_once_takes_seeds_of_its_own(fake, config, tmp_path):
    fake.figures = luck
    config.compare.looks = ()
    config.compare.tune.update(
        {"rates": (0.1, 0.2, 0.3), "once": True, "first_seed": 101}
    )
    found = run(config, norms("none"), tmp_path, seeds=4)
    tuning, final = fake.trained[:9], fake.trained[9:]
    assert [name.rpartition("=")[2] for name in tuning] == [
        *("101",) * 3,
        *("102",) * 3,
        *("103",) * 3,
    ]
    # Best with two of the three.
    assert final == [f"norm=none,learning_rate=0.1,seed={s}" for s in range(4)]
    assert {outcome.chosen[RATE] for outcome in found.outcomes} == {0.1}
    assert {outcome.seconds for outcome in found.outcomes} == {1}


def result(validation, loss=None):
    found = {"status": "finished", "validation_score": validation}
    if validation is None:
        found["status"] = "diverged"
    return found | ({} if loss is None else {"validation_loss": loss})


@pytest.mark.parametrize(
    ("results", "best"),
    [
        ([(0.1,), (0.3,), (0.2,)], 1),
        ([(0.3,), (0.3,)], 0),
        ([(0.3, 2.0), (0.3, 1.0), (0.2, 0.0)], 1),
        ([(0.3, 1.0), (0.3, 1.0)], 0),
        ([(None,), (-9.0,)], 1),
        ([(None,), (None,)], 0),
    ],
    ids=["best", "first", "loss", "both equal", "diverged", "all diverged"],
)
def test_the_choice(results, best):
    assert choose([result(*each) for each in results], SCORE) == best


def test_the_choice_where_lower_is_better():
    lower = dataclasses.replace(SCORE, higher_is_better=False)
    assert choose([result(0.1), result(0.3), result(None)], lower) == 0


@pytest.mark.parametrize(
    ("by_seed", "best"),
    [
        # Ranks, not means: one very good run is one good rank.
        ([[0.2, 0.1, 9.0], [0.2, 0.1, 0.0], [0.2, 0.1, 0.0]], 0),
        ([[0.9, 0.1], [None, 0.1], [None, 0.1]], 1),
        # Equal ranks: less divergence, then the mean, then the first.
        ([[None, 0.5], [0.5, 0.1]], 1),
        ([[0.1, 0.5], [0.3, 0.2]], 1),
        ([[0.1, 0.1], [None, None]], 0),
    ],
    ids=["ranks", "diverged", "fewer diverged", "mean", "first"],
)
def test_the_choice_once(by_seed, best):
    results = [[result(value) for value in values] for values in by_seed]
    assert choose_once(results, SCORE) == best


def test_a_result_without_validation_cannot_be_tuned():
    with pytest.raises(InputError, match=r"validation_score.*older"):
        choose([{"status": "finished"}], SCORE)


def test_no_run_gains_its_candidate_anything_by_diverging():
    """All small cases: a candidate that is not chosen stays so."""
    values = (None, 0.0, 1.0)
    for flat in itertools.product(values, repeat=6):
        by_seed = [flat[:3], flat[3:]]
        before = choose_once(
            [[result(x) for x in row] for row in by_seed], SCORE
        )
        for seed, i in itertools.product(range(2), range(3)):
            worse = [list(row) for row in by_seed]
            worse[seed][i] = None
            after = choose_once(
                [[result(x) for x in row] for row in worse], SCORE
            )
            assert after != i or before == i


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [((0.1, 8, "a"), (RATE,)), ((0.2, 4, "b"), ()), ((0.3, 2, "a"), "both")],
)
def test_the_edges_of_the_grid(chosen, expected):
    config = fake_config()
    tune = config.compare.tune
    tune.rates = (0.1, 0.2, 0.3)
    tune.keys = (("batch_size", (2, 4, 8, 16)), ("name", ("a", "b")))
    grid = make_grid(tune, (RATE,))
    assert len(grid) == 3 * 4 * 2
    point = dict(zip((RATE, "batch_size", "name"), chosen, strict=True))
    assert point in grid
    wanted = (RATE, "batch_size") if expected == "both" else expected
    assert edges(grid, point) == wanted


def test_all_rates_of_a_trainer_are_tuned_at_once():
    config = fake_config()
    config.compare.tune.rates = (1, 2)
    assert make_grid(config.compare.tune, ("a", "b")) == (
        {"a": 1.0, "b": 1.0},
        {"a": 2.0, "b": 2.0},
    )


@pytest.mark.slow
def test_a_gan_chooses_the_rate_of_both_its_players(
    shallow_toys, toy_gan, tmp_path
):
    toy_gan.epochs = 1
    toy_gan.compare.baseline = ""
    toy_gan.compare.tune.rates = (1e-4, 1e-3)
    summary = compare.compare(
        toy_gan, [{"generator.norm": "batch"}], tmp_path, seeds=1
    )
    rate = "generator.optimizer.learning_rate"
    (row,) = summary.rows
    assert row.chosen.keys() == {rate}
    results = {
        value: json.loads(
            (
                tmp_path / f"norm=batch,learning_rate={value},seed=0/DONE"
            ).read_text()
        )
        for value in (1e-4, 1e-3)
    }
    best = max(results, key=lambda value: results[value]["validation_modes"])
    assert list(row.chosen[rate]) == [best]
    modes = results[best]["last_modes"]
    assert row.values["last_modes"] == {0: modes}
