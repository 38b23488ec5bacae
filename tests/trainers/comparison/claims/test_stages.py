"""A claim look by look, with runs that end at once."""

import itertools
import json
import types

import pytest

from normzoo.configs.claims import by_seed, select, with_claim
from normzoo.trainers import claims
from normzoo.trainers.comparison.claims import experiment
from normzoo.trainers.comparison.claims.stages import conduct

from ..fakes import fake, fake_config

__all__ = ["fake"]  # a fixture

GAINS = {
    "clear": lambda seed: 1.0 + 0.01 * seed,
    "bad": lambda seed: -1.0 - 0.01 * seed,
    "noisy": lambda seed: (-1.0) ** seed,
    # Six seeds of one sign, two of the other, then one only.
    "late": lambda seed: -1.0 if seed in (1, 4) else 1.0 + 0.01 * seed,
}


def test_only_the_undecided_go_on():
    asked = []

    def measure(names, seeds, label):
        asked.append((names, seeds, label))
        return {name: map(GAINS[name], range(seeds)) for name in names}

    looks = list(conduct((10, 20), GAINS, 0.0, 0.99, measure))
    assert asked == [
        (("clear", "bad", "noisy", "late"), 10, "look 1/2"),
        (("noisy", "late"), 20, "look 2/2"),
    ]
    found = [{k: x.verdict for k, x in look.judged.items()} for look in looks]
    assert found == [
        {
            "clear": "supported",
            "bad": "refuted",
            "noisy": "undecided",
            "late": "undecided",
        },
        {"noisy": "undecided", "late": "supported"},
    ]


def test_it_ends_where_all_is_decided():
    looks = conduct(
        (10, 20, 40),
        ["clear"],
        0.0,
        0.95,
        lambda names, seeds, label: {
            "clear": map(GAINS["clear"], range(seeds))
        },
    )
    assert [look.seeds for look in looks] == [10]


def sweep():
    return [{"fake.norm": norm} for norm in ("none", "batch")]


def judge(trials):
    def gain(some):
        score = {t.get("norm"): t.result["test_score"] for t in some}
        return score["batch"] - score["none"]

    return by_seed(trials, gain)


MODULE = types.SimpleNamespace(
    __file__="my_claim.py",
    sweep=sweep,
    judge=judge,
    observe=lambda trials: {
        "twice": {s: 2 * x for s, x in judge(trials).items()}
    },
    curves=lambda trials: [],
    chosen=lambda trials: [
        {
            "label": "batch",
            "setting": "learning_rate",
            "offered": [0.1, 0.2],
            "values": {str(t.seed): 0.1 for t in select(trials, norm="batch")},
        }
    ],
)


@pytest.fixture
def config(fake):
    def figures(config):
        gain = GAINS[config.dataset.name](config.seed)
        score = gain * (config.fake.norm == "batch")
        return score, score

    fake.figures = figures
    config = with_claim(fake_config())
    config.claim.datasets = ("clear", "noisy")
    config.claim.name = "made_up"
    config.claim.sentence = "It is so."
    return config


def names(fake):
    return sorted(fake.trained)


def test_what_is_found_and_how(fake, config, tmp_path):
    record = experiment.examine(config, MODULE, tmp_path, command="the command")
    assert json.loads((tmp_path / "claim.json").read_text()) == record
    assert record["verdict"] == "undecided"
    assert record["looks_taken"] == [
        {
            "seeds": 10,
            "verdicts": {"clear": "supported", "noisy": "undecided"},
        },
        {"seeds": 20, "verdicts": {"noisy": "undecided"}},
    ]
    judged = record["judged"]
    assert (judged["clear"]["seeds"], judged["noisy"]["seeds"]) == (10, 20)
    assert judged["clear"]["effect"] == pytest.approx(1.045)
    assert judged["clear"]["level"] >= record["level"] == 0.9875
    assert judged["clear"]["effects"]["3"] == pytest.approx(1.03)
    counted = {
        name: sum(run.startswith(f"name={name}") for run in fake.trained)
        for name in ("clear", "noisy")
    }
    assert counted == {"clear": 20, "noisy": 40}
    assert (record["runs"], record["seconds"]) == (60, 60.0)
    assert (record["command"], record["diverged"]) == ("the command", 0)
    assert record["versions"]["keras"]
    row = record["observations"][0]
    assert (row["dataset"], row["label"]) == ("clear", "twice")
    assert row["center"] == pytest.approx(2.09)
    assert len(row["values"]) == 10
    assert record["chosen"][0]["values"]["9"] == 0.1
    assert "noisy: undecided, 0 [-1, 1], 20 seeds" in claims.summary(record)


def test_the_plan_is_there_before_the_first_run(fake, config, tmp_path):
    fake.stop_after = 0
    with pytest.raises(KeyboardInterrupt):
        experiment.examine(config, MODULE, tmp_path)
    held = json.loads((tmp_path / "plan.json").read_text())
    assert held["looks"] == [10, 20]
    assert held["minimal"] == 0.0
    assert held["datasets"] == ["clear", "noisy"]
    assert held["variants"]["norm=batch"] == {"fake.norm": "batch"}
    assert held["level"] == 0.9875
    assert held["looks_taken"] == []


def test_an_interrupted_claim_goes_on(fake, config, tmp_path):
    fake.stop_after = 7
    with pytest.raises(KeyboardInterrupt):
        experiment.examine(config, MODULE, tmp_path)
    fake.stop_after = None
    experiment.examine(config, MODULE, tmp_path)
    assert len(fake.trained) == len(set(fake.trained)) == 60


def test_exactly_so_many_seeds(fake, config, tmp_path):
    record = experiment.examine(config, MODULE, tmp_path, seeds=12)
    assert record["level"] == 0.975
    assert [look["seeds"] for look in record["looks_taken"]] == [12]
    assert len(fake.trained) == 2 * 2 * 12


def test_a_change_after_a_look_is_said(config, tmp_path):
    experiment.examine(config, MODULE, tmp_path, seeds=8)
    config.claim.minimal = 0.5
    record = experiment.examine(config, MODULE, tmp_path, seeds=8)
    changed, error = record["changes"]
    assert changed.startswith("claim.minimal was 0.0 when 8 seeds had been")
    assert "clear: supported" in changed
    assert "up to 10 %" in error
    assert changed in claims.summary(record)


def test_other_seeds(fake, config, tmp_path):
    config.claim.first_seed = 1000
    record = experiment.examine(config, MODULE, tmp_path)
    assert record["first_seed"] == 1000
    assert list(record["judged"]["clear"]["effects"])[:2] == ["1000", "1001"]


def test_a_quick_one_is_not_judged(fake, config, tmp_path):
    config.claim.quick.epochs = 1
    record = experiment.examine(config, MODULE, tmp_path, quick=True)
    assert (record["verdict"], record["looks_taken"]) == (None, [])
    assert len(fake.trained) == 2
    assert not (tmp_path / "plan.json").exists()
    assert "not judged (quick)" in claims.summary(record)


@pytest.mark.parametrize(
    ("alone", "jobs"), list(itertools.product([False, True], [1, 2]))
)
def test_some_claims_run_alone(alone, jobs, config, tmp_path, monkeypatch):
    class Runner(experiment.Runner):
        def __init__(self, work, engine):
            raise RuntimeError(f"{engine.slots()} jobs")

    monkeypatch.setattr(experiment, "Runner", Runner)
    config.claim.alone = alone
    expected = 1 if alone else jobs
    with pytest.raises(RuntimeError, match=f"{expected} jobs"):
        experiment.examine(config, MODULE, tmp_path, jobs=jobs)
