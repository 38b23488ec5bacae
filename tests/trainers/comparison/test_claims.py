"""Claims: their judges on made-up data, and one of them from end to end."""

import importlib
import json
import pathlib

import pytest

from normzoo import configs
from normzoo.configs.claims import layer_norm, speed
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.claims import experiment
from normzoo.trainers.comparison.claims.design import make_design, said
from normzoo.trainers.comparison.claims.publishing import collect
from normzoo.trainers.comparison.claims.verdicts import decide
from normzoo.trainers.comparison.looks import fewest_seeds

from .made_trials import WORLDS, trials_of

NAMES = sorted(
    path.stem
    for path in (pathlib.Path(configs.__file__).parent / "claims").glob(
        "[a-z]*.py"
    )
)
#: The claims with the most runs.
SLOWEST = {"initialization", "layer_norm", "raw_inputs"}


def test_there_is_a_world_for_each_claim():
    assert sorted(WORLDS) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("verdict", "gains"),
    [
        ("supported", (1,) * 6),
        ("refuted", (-1,) * 6),
        ("undecided", (1, -1) * 3),
    ],
)
def test_the_judge(name, verdict, gains):
    module, trials = trials_of(name, gains)
    minimal = module.get_config().claim.minimal
    effects = module.judge(trials)
    seeds = list(range(6))
    assert sorted(effects) == seeds
    assert decide(effects.values(), minimal, level=0.95).verdict == verdict
    for numbers in module.observe(trials).values():
        assert sorted(numbers) == seeds
    points = module.curves(trials)
    assert {"series", "x", "values"} == set(points[0])
    json.dumps(points, allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_each_claim_says_what_it_is(name):
    module, _ = trials_of(name, (1, 1, 1, 1, 1))
    claim = module.get_config().claim
    assert claim.name == name
    assert claim.sentence.endswith(".")
    assert all((claim.measured, claim.limits, *claim.axes))


def test_the_claims_are_numbered():
    numbers = [
        trials_of(n, (1,) * 5)[0].get_config().claim.number for n in NAMES
    ]
    assert sorted(numbers) == list(range(1, len(NAMES) + 1))


@pytest.mark.quick(*(name for name in NAMES if name not in SLOWEST))
@pytest.mark.parametrize("name", NAMES)
def test_looks_can_decide_and_what_counts_is_in_the_plan(name):
    module, _ = trials_of(name, (1,))
    design = make_design(module.get_config(), module)
    # The first look has as many seeds as its level asks for.
    assert design.looks[0] >= fewest_seeds(design.level)
    counts = design.counts
    assert counts["minimal"] == design.claim.minimal
    assert len(counts["variants"]) == len(list(module.sweep()))
    places = len(design.datasets) * design.looks[-1]
    assert len(design.every_run) == places * len(counts["variants"])


def test_seeds_draw_the_splits_that_pairs_share():
    design = make_design(speed.get_config(), speed)
    assert design.vary_split
    for (_, seed), runs in design.runs.items():
        assert {run.config.dataset.split_seed for run in runs} == {seed}
    config = speed.get_config()
    config.compare.vary_split = False
    fixed = make_design(config, speed)
    splits = {run.config.dataset.split_seed for run in fixed.every_run}
    assert (fixed.vary_split, splits) == (False, {-1})


def test_a_claim_that_times_trains_each_run_alone():
    module, _ = trials_of("inference_cost", (1,))
    design = make_design(module.get_config(), module)
    modes = {run.config.compare.together for run in design.every_run}
    assert modes == {"alone"}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("looks", (20, 10), r"claim\.looks must increase"),
        ("looks", (), r"claim\.looks must hold a number"),
        ("seeds", 5, r"claim\.seeds is no longer a key"),
    ],
)
def test_looks_are_checked(key, value, message):
    config = speed.get_config()
    config.claim[key] = value
    with pytest.raises(InputError, match=message):
        make_design(config, speed)


def test_there_is_a_seed():
    with pytest.raises(InputError, match=r"at least 1\. Received: 0"):
        make_design(speed.get_config(), speed, seeds=0)


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        (
            None,
            "Judged on digits, mnist1d after 10, 20 seeds; an effect counts "
            "above 0.1. The 4 intervals together have a level of 95 %, so each "
            "has 98.75 %, which takes at least 8 seeds.",
        ),
        (
            3,
            "Judged on digits, mnist1d after 3 seeds; an effect counts above "
            "0.1. The 2 intervals together have a level of 95 %, so each has "
            "97.5 %, which takes at least 7 seeds; with fewer, all stay "
            "undecided.",
        ),
    ],
)
def test_the_level_is_said(seeds, text):
    design = make_design(speed.get_config(), speed, seeds)
    assert " ".join(said(design).split()) == text


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("claims") / "speed"
    found = experiment.examine(speed.get_config(), speed, workdir, quick=True)
    return workdir, found


@pytest.mark.slow
def test_a_quick_run_is_not_judged(record):
    workdir, found = record
    assert found["verdict"] is None
    assert not (workdir / "plan.json").exists()
    judged = found["judged"]["digits"]
    assert (judged["verdict"], judged["seeds"]) == (None, 1)
    assert found == json.loads((workdir / "claim.json").read_text())
    assert found["runs"] == 3 * 2
    assert found["observations"]
    assert len(found["curves"]["digits"]) == 6
    assert found["seconds"] > 0
    # Batch norm is measured with statistics of the training data.
    done = json.loads(next(workdir.glob("*norm=batch*/DONE")).read_text())
    assert done["population"]["examples"] > 0


@pytest.mark.slow
def test_finished_runs_are_not_repeated(record):
    workdir, found = record
    before = sorted(workdir.glob("*/DONE"))
    times = [path.stat().st_mtime_ns for path in before]
    config = speed.get_config()
    again = experiment.examine(config, speed, workdir, quick=True)
    assert [path.stat().st_mtime_ns for path in before] == times
    assert again["judged"] == found["judged"]


@pytest.mark.slow
def test_quick_results_are_not_published(record, tmp_path):
    workdir, _ = record
    with pytest.raises(InputError, match="--quick"):
        collect(workdir.parent, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_quick_leaves_some_runs_of_each_claim(name):
    module = importlib.import_module(f"{configs.__name__}.claims.{name}")
    design = make_design(module.get_config(), module, quick=True)
    assert len(design.every_run) > 1


def test_quick_names_what_the_sweep_sets():
    config = layer_norm.get_config()
    config.claim.quick_only = (("optimizer.learning_rat", (1e-2,)),)
    with pytest.raises(InputError, match=r"does not set.*learning_rat'"):
        make_design(config, layer_norm, quick=True)


def test_quick_settings_are_above_the_sweep():
    design = make_design(layer_norm.get_config(), layer_norm, quick=True)
    configs = [run.config for run in design.every_run]
    assert {c.dataset.train_split for c in configs} == {"train[:1000]"}
    # Three norms of one model, one epoch each.
    assert [config.epochs for config in configs] == [1] * 3
