"""Whole comparisons, simulated: their verdicts are seldom wrong."""

import dataclasses
import math
import pathlib
import sys

import numpy as np
import pytest

import normzoo
from normzoo.trainers.comparison import simulation
from normzoo.trainers.comparison.intervals import interval
from normzoo.trainers.comparison.judgment import VERDICTS, judge
from normzoo.trainers.comparison.looks import ERROR
from normzoo.trainers.comparison.simulation import LEAST, World

from .. import killable

WORLDS = [pytest.param(w, id=w.title) for w in simulation.worlds()]
DOCUMENT = pathlib.Path(normzoo.__file__).parent / "docs" / "verdicts.md"
NORMAL = World(title="normal")


def generator(*numbers):
    return np.random.default_rng(numbers)


def most(trials):
    """The largest share that an error of 5 % leads to, but for 1 in 1000."""
    return ERROR + 3 * math.sqrt(ERROR * (1 - ERROR) / trials)


def check(world, trials):
    for difference in (0.0, LEAST):
        found = simulation.simulate(world, difference, trials, generator(1))
        assert found.wrong <= most(trials)


@pytest.mark.parametrize("world", WORLDS)
def test_verdicts_are_seldom_wrong(world):
    check(world, 200)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_verdicts_are_seldom_wrong_in_many_trials(world):
    check(world, 2000)


@pytest.mark.parametrize("difference", [0.0, LEAST])
def test_without_the_familys_level_they_are_wrong_too_often(difference):
    world = dataclasses.replace(NORMAL, level=0.95)
    found = simulation.simulate(world, difference, 200, generator(1))
    assert found.wrong > most(200)


def test_power():
    shares = {
        times: simulation.simulate(NORMAL, times * LEAST, 100, generator(2))
        for times in (0, 2, 4)
    }
    assert shares[0].right > 0.6
    assert shares[2].right > 0.9
    assert shares[4].right > 0.99
    assert 10 <= shares[4].seeds < shares[2].seeds < shares[0].seeds <= 40


@pytest.mark.parametrize("difference", [0.0, 2 * LEAST, -2 * LEAST])
@pytest.mark.parametrize("failures", [0.0, 0.1])
def test_arrays_are_judged_as_runs_are(difference, failures):
    world = World(title="", examples=360, failures=failures)
    values = simulation.accuracies(world, difference, 5, generator(3))
    found, seeds = simulation.compare(values)
    for trial, one in enumerate(values):
        runs = [
            {s: None if math.isnan(x) else x for s, x in enumerate(variant)}
            for variant in one.tolist()
        ]
        for variant, of_variant in enumerate(runs[1:]):
            verdict, taken = looked_at(of_variant, runs[0])
            assert VERDICTS[found[trial, variant]] == verdict
            assert seeds[trial, variant] == taken


def looked_at(values, baseline):
    for look in simulation.LOOKS:
        first = {seed: values[seed] for seed in range(look)}
        verdict = judge(
            first,
            baseline,
            higher_is_better=True,
            least=LEAST,
            level=simulation.LEVEL,
        ).verdict
        if verdict != "undecided":
            break
    return verdict, look


@pytest.mark.parametrize("noise", ["normal", "heavy", "skewed"])
def test_noises_have_mean_0_and_deviation_1(noise):
    values = simulation.NOISES[noise](generator(4), (200_000,))
    assert abs(values.mean()) < 0.01
    assert values.std() == pytest.approx(1, abs=0.05)


def test_the_center_of_another_shape_is_0():
    draw = simulation.NOISES
    differences = [
        draw["centered"](rng, (400_000,)) - draw["normal"](rng, (400_000,))
        for rng in (generator(5), generator(6))
    ]
    assert abs(np.median(sum(differences) / 2)) < 0.01


def test_the_best_rate_is_chosen_if_nothing_varies(monkeypatch):
    monkeypatch.setattr(simulation, "SPREAD", 0.0)
    world = World(title="", tuned=True)
    values = simulation.accuracies(world, 0.01, 2, generator(7))
    assert values[:, 0] == pytest.approx(np.full((2, 40), 0.9))
    assert values[:, 1:] == pytest.approx(np.full((2, 4, 40), 0.91))


def test_tuning_adds_the_luck_of_the_choice(monkeypatch):
    monkeypatch.setattr(simulation, "GRID", (0.0, 0.0, 0.0))
    tuned = World(title="", tuned=True)
    values = simulation.accuracies(tuned, 0.0, 400, generator(8))
    # The largest of three normal numbers is 0.846 on average; half of the
    # validation figure's variance is the test figure's, too.
    luck = 0.846 / math.sqrt(2) * simulation.SPREAD
    assert values.mean() - 0.9 == pytest.approx(luck, rel=0.1)


def test_a_failed_rate_is_not_chosen():
    def failed(failures, tuned):
        world = World(title="", failures=failures, tuned=tuned)
        values = simulation.accuracies(world, 0.0, 100, generator(9))
        return np.isnan(values).mean()

    assert failed(0.3, tuned=False) == pytest.approx(0.3, abs=0.02)
    assert failed(0.3, tuned=True) == pytest.approx(0.3**3, abs=0.01)
    assert failed(1.0, tuned=True) == 1


def test_tied_accuracies_are_shares_of_the_examples():
    world = World(title="", examples=180, tuned=True)
    right = 180 * simulation.accuracies(world, LEAST, 5, generator(10))
    assert right == pytest.approx(np.round(right))
    assert len(np.unique(np.round(right))) < 60


@pytest.mark.parametrize(
    "lines", [simulation.seeds_table, simulation.failures_table]
)
def test_the_document_shows_the_table(lines):
    assert "\n".join(lines()) in DOCUMENT.read_text()


@pytest.mark.parametrize("seeds", [10, 20, 40])
@pytest.mark.parametrize("level", [0.95, simulation.LEVEL])
def test_an_end_bears_so_many_failures(seeds, level):
    bearable = simulation.most_failures(seeds, level)
    for failures, finite in ((bearable, True), (bearable + 1, False)):
        values = [-math.inf] * failures + [1.0] * (seeds - failures)
        assert math.isfinite(interval(values, level).low) == finite


def test_the_document_shows_all_worlds():
    lines = DOCUMENT.read_text().splitlines()
    for world in [*simulation.worlds(), *simulation.limits()]:
        assert sum(x.startswith(f"| {world.title} | ") for x in lines) == 1


@pytest.mark.slow
@pytest.mark.parametrize("world", [NORMAL, simulation.limits()[0]])
def test_the_document_shows_what_is_printed(world):
    row = simulation.table_row(world, trials=2000, seed=0)
    assert row in DOCUMENT.read_text()


@pytest.mark.slow
def test_the_script_prints_the_tables(tmp_path):
    name = "comparison.simulation"
    code, said, errors = killable.script(name, "--trials=2", folder=tmp_path)
    assert code == 0, errors
    tables = said.strip().split("\n\n")
    assert [len(t.splitlines()) for t in tables] == [22, 5, 11, 5]


@pytest.mark.parametrize("flag", ["--trials=0", "--trials=x", "--seed=-1"])
def test_impossible_flags(flag, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["simulation", flag])
    with pytest.raises(SystemExit) as error:
        simulation.main()
    assert error.value.code == 2
    assert flag.partition("=")[0] in capsys.readouterr().err
