"""`plan.json`: what was planned, what was seen, what was changed then."""

import json

import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.procedure.changes import sentences

from .fakes import RATE, fake, fake_config, norms, run

__all__ = ["fake"]  # a fixture

NORMS = norms("none", "batch", "layer")
SEEN = "norm=batch: better; norm=layer: undecided"


@pytest.fixture
def config(fake):
    def figures(config):
        gain = {"batch": 1.0, "layer": (-1.0) ** config.seed}
        score = gain.get(config.fake.norm, 0.0)
        return score, score

    fake.figures = figures
    return fake_config()


def read(workdir):
    return json.loads((workdir / "plan.json").read_text())


def test_the_plan_is_there_before_the_first_run(fake, config, tmp_path):
    fake.stop_after = 0
    config.compare.tune.rates = (0.1, 0.2)
    with pytest.raises(KeyboardInterrupt):
        run(config, NORMS, tmp_path, seeds=2)
    held = read(tmp_path)
    assert held["command"] == "the command"
    assert held["looks"] == [2]
    assert held["seeds"] == [0, 1]
    assert held["least"] == 0.1
    assert held["metric"] == "score"
    assert held["baseline"] == "norm=none"
    assert held["variants"]["norm=batch"] == {"fake.norm": "batch"}
    assert held["grid"] == [{RATE: 0.1}, {RATE: 0.2}]
    assert held["level"] == 0.975
    assert held["data"]["name"] == "digits"
    assert held["vary_split"] is True
    assert held["once"] is False
    assert held["provenance"]["versions"]["keras"]
    assert held["looks_taken"] == []


def test_each_look_is_noted(config, tmp_path):
    config.compare.looks = (8, 9)
    run(config, NORMS, tmp_path)
    first, second = read(tmp_path)["looks_taken"]
    assert (first["seeds"], second["seeds"]) == (8, 9)
    assert set(first["verdicts"]) == {"norm=batch", "norm=layer"}
    assert set(second["verdicts"]) == {"norm=layer"}
    batch = first["verdicts"]["norm=batch"]
    assert (batch["verdict"], batch["center"], batch["seeds"]) == (
        "better",
        1.0,
        8,
    )


def test_infinite_ends_are_words(fake, config, tmp_path):
    fake.figures = lambda config: None if config.seed else (1.0, 1.0)
    run(config, norms("none", "batch"), tmp_path, seeds=2)
    fake.figures = lambda config: (
        None if config.fake.norm == "batch" else (1.0, 1.0)
    )
    other = tmp_path / "other"
    other.mkdir()
    run(config, norms("none", "batch"), other, seeds=2)
    text = (other / "plan.json").read_text()
    json.loads(text, parse_constant=pytest.fail)
    (look,) = json.loads(text)["looks_taken"]
    assert look["verdicts"]["norm=batch"]["low"] == "-inf"


def test_the_same_command_again_is_no_new_look(config, tmp_path):
    run(config, NORMS, tmp_path, seeds=8)
    before = (tmp_path / "plan.json").read_text()
    found = run(config, NORMS, tmp_path, seeds=8)
    assert found.changes == ()
    assert (tmp_path / "plan.json").read_text() == before


#: What is changed, and the sentence about it.
CHANGES = {
    "least": (
        {"least.score": 0.2},
        f"compare.least was 0.1 when 8 seeds had been seen ({SEEN}); it is "
        "0.2 now.",
    ),
    "baseline": (
        {"baseline": "norm=layer"},
        f"compare.baseline was norm=none when 8 seeds had been seen ({SEEN}); "
        "it is norm=layer now.",
    ),
    "split": (
        {"vary_split": False},
        f"compare.vary_split was True when 8 seeds had been seen ({SEEN}); it "
        "is False now.",
    ),
    "grid": (
        {"tune.rates": (0.1, 0.2)},
        "The settings to choose from (compare.tune) were none when 8 seeds "
        f"had been seen ({SEEN}); they are optimizer.learning_rate: 0.1 0.2 "
        "now.",
    ),
}


@pytest.mark.quick("least", "split")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_a_look_is_said(config, name, tmp_path):
    changed, sentence = CHANGES[name]
    if name == "split":  # the runs themselves are others
        (tmp_path / "again").mkdir()
    run(config, NORMS, tmp_path, seeds=8)
    config.compare.update_from_flattened_dict(changed)
    workdir = tmp_path
    if name == "split":
        workdir = tmp_path / "again"
        (workdir / "plan.json").write_text((tmp_path / "plan.json").read_text())
    found = run(config, NORMS, workdir, seeds=8)
    assert found.changes == (
        sentence,
        "Verdicts of 2 plans have been looked at: the probability that any of "
        "them is wrong is up to 10 %, no longer 5 %.",
    )
    assert run(config, NORMS, workdir, seeds=8).changes == found.changes
    (earlier,) = read(workdir)["earlier"]
    verdicts = earlier["looks_taken"][0]["verdicts"]
    assert verdicts["norm=batch"]["verdict"] == "better"


def test_more_seeds_are_another_plan(fake, config, tmp_path):
    run(config, NORMS, tmp_path, seeds=8)
    more = run(config, NORMS, tmp_path, seeds=10)
    assert len(fake.trained) == 30
    assert more.changes == (
        "The numbers of seeds of the looks were 8 when 8 seeds had been seen "
        f"({SEEN}); they are 10 now.",
        "Verdicts of 2 plans have been looked at: the probability that any of "
        "them is wrong is up to 10 %, no longer 5 %.",
    )
    most = run(config, NORMS, tmp_path, seeds=12)
    assert len(most.changes) == 3
    assert most.changes[0].endswith("; then 10.")
    assert "up to 15 %" in most.changes[-1]
    # Back again: not a fourth plan.
    back = run(config, NORMS, tmp_path, seeds=10)
    assert "up to 15 %" in back.changes[-1]
    assert len(read(tmp_path)["earlier"]) == 2


def test_a_change_before_the_first_look_is_none(fake, config, tmp_path):
    fake.stop_after = 3
    with pytest.raises(KeyboardInterrupt):
        run(config, NORMS, tmp_path, seeds=8)
    fake.stop_after = None
    config.compare.least.score = 0.2
    assert run(config, NORMS, tmp_path, seeds=8).changes == ()


def test_a_look_with_other_results_is_said(fake, config, tmp_path):
    run(config, NORMS, tmp_path, seeds=8)
    for done in tmp_path.glob("norm=batch*/DONE"):
        done.unlink()
    fake.figures = lambda config: (0.0, 0.0)
    found = run(config, NORMS, tmp_path, seeds=8)
    assert found.changes == (
        f"The look after 8 seeds was taken twice, with other results: first "
        f"{SEEN}, then norm=batch: practically equal; norm=layer: undecided.",
    )


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_a_damaged_plan_is_said(config, text, tmp_path):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan\.json cannot be read"):
        run(config, NORMS, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_data_are_named_by_what_differs():
    look = {"seeds": 2, "verdicts": {}}
    before = {"data": {"name": "a", "window": 1}, "looks_taken": [look]}
    assert sentences(before, {"data": {"name": "b", "window": 1}}) == [
        "The data (config.dataset) were name='a' when 2 seeds had been seen "
        "(nothing to judge); they are name='b' now."
    ]


def test_a_plan_of_an_older_version_lacks_nothing(config, tmp_path):
    before = run(config, NORMS, tmp_path, seeds=2)
    held = read(tmp_path)
    del held["data"]["window"]
    (tmp_path / "plan.json").write_text(json.dumps(held))
    assert run(config, NORMS, tmp_path, seeds=2).changes == before.changes
    assert read(tmp_path)["earlier"] == []
