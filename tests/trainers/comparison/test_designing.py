"""What a comparison will do, and what it refuses to do."""

import numpy as np
import pytest

from normzoo.configs import digits_dcgan, digits_mlp
from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.procedure import preview
from normzoo.trainers.comparison.procedure.designing import make_plan
from normzoo.trainers.comparison.sweep import plan

from .fakes import RATE, SCORE, fake, fake_config, norms
from .fakes import run as conducted

__all__ = ["fake"]  # a fixture


@pytest.fixture
def config(fake):
    return fake_config()


def given(*seeds):
    return [{"fake.norm": n, "seed": s} for s in seeds for n in ("a", "b")]


#: Overrides, looks of the config, number of seeds -> seeds, looks.
SEEDS = {
    "one": (norms("a", "b"), (), None, [5], (1,)),
    "the sweep's": (given(0, 3), (), None, [0, 3], (2,)),
    "the sweep's, not those of looks": (
        given(0, 3),
        (10, 20),
        None,
        [0, 3],
        (2,),
    ),
    "looks": (norms("a", "b"), (2, 4), None, [5, 6, 7, 8], (2, 4)),
    "list": (norms("a", "b"), [2, 4], None, [5, 6, 7, 8], (2, 4)),
    "number": (norms("a", "b"), (2, 4), 3, [5, 6, 7], (3,)),
    "number for the sweep's": (given(0, 3), (), 3, [5, 6, 7], (3,)),
    "NumPy's": (norms("a", "b"), (), np.int64(2), [5, 6], (2,)),
}


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds(config, name):
    overrides, looks, number, seeds, expected = SEEDS[name]
    config.seed = 5
    config.compare.looks = looks
    found = make_plan(config, iter(overrides), number)
    assert found.design.seeds == tuple(seeds)
    assert found.design.looks == expected
    assert found.design.variants == {
        f"norm={n}": {"fake.norm": n} for n in ("a", "b")
    }
    assert set(found.runs) == {
        (f"norm={n}", s) for n in ("a", "b") for s in seeds
    }
    for (variant, seed), (run,) in found.runs.items():
        assert (run.variant, run.seed) == (variant, seed)
        assert run.name == f"{variant},seed={seed}"


def test_variants_may_have_seeds_of_their_own(config):
    found = make_plan(config, [*given(0, 1), {"fake.norm": "a", "seed": 7}])
    assert found.design.seeds == (0, 1, 7)
    assert ("norm=b", 7) not in found.runs
    assert found.design.looks == (3,)


@pytest.mark.parametrize("module", [digits_mlp, digits_dcgan])
def test_an_untuned_sweep_has_the_names_it_always_had(module):
    config, overrides = module.get_config(), list(module.sweep())
    names = [run.name for run in plan(config, overrides)]
    found = make_plan(config, overrides)
    assert [run.name for run in found.every_run] == names
    first = "generator.norm=none,discriminator.norm=none,seed=0"
    assert names[0] == ("norm=none,seed=0" if len(names) == 15 else first)


def test_tuned_runs_have_what_is_tuned_in_their_names(config):
    config.compare.tune.rates = (0.1, 0.2)
    config.compare.tune.keys = (("batch_size", (8, 16)),)
    found = make_plan(config, given(0))
    assert [run.name for run in found.runs["norm=a", 0]] == [
        f"norm=a,learning_rate={rate},batch_size={size},seed=0"
        for rate in (0.1, 0.2)
        for size in (8, 16)
    ]
    assert {run.variant for run in found.every_run} == {"norm=a", "norm=b"}
    assert found.design.tuned == (RATE, "batch_size")
    assert found.runs["norm=a", 0][1].config.batch_size == 16


def test_both_players_of_a_gan_get_the_same_rate():
    config = digits_dcgan.get_config()
    config.compare.baseline = ""
    config.compare.tune.rates = (1e-4, 1e-3)
    found = make_plan(config, [{"generator.norm": "batch", "seed": 0}])
    assert found.design.tuned == ("generator.optimizer.learning_rate",)
    low, high = found.every_run
    assert high.name == "norm=batch,learning_rate=0.001,seed=0"
    for run, rate in ((low, 1e-4), (high, 1e-3)):
        assert run.config.generator.optimizer.learning_rate == rate
        assert run.config.discriminator.optimizer.learning_rate == rate


@pytest.mark.parametrize(
    ("settings", "override", "expected"),
    [
        ({}, {}, 3),
        ({"compare.vary_split": False}, {}, -1),
        ({"dataset.split_seed": 8}, {}, 8),
        ({}, {"dataset.split_seed": 9}, 9),
    ],
    ids=["varied", "switched off", "fixed", "swept"],
)
def test_the_seed_draws_the_split(config, settings, override, expected):
    config.update_from_flattened_dict(settings)
    found = make_plan(config, [{"fake.norm": "a", "seed": 3, **override}])
    (run,) = found.every_run
    assert run.config.dataset.split_seed == expected
    assert found.design.vary_split == (expected == 3)
    assert "split_seed" not in run.name or override
    assert config.dataset.split_seed == settings.get("dataset.split_seed", -1)


#: What is changed, the overrides, the seeds and the message.
BAD = {
    "no learning rate": (
        {"tune.rates": (0.1, -0.1)},
        {},
        "learning_rate must be at least 0",
    ),
    "no number": (
        {"tune.rates": (0.1, float("nan"))},
        {},
        "learning_rate must be a finite number",
    ),
    "one rate": ({"tune.rates": (0.1,)}, {}, r"two values.*\(0.1,\)"),
    "one value": ({"tune.keys": (("batch_size", (8,)),)}, {}, "two values"),
    "a rate twice": ({"tune.rates": (0.1, 0.2, 0.1)}, {}, "twice: 0.1"),
    "a value twice": (
        {"tune.keys": (("batch_size", (8, 8)),)},
        {},
        "batch_size has a value twice: 8",
    ),
    "a key twice": (
        {"tune.rates": (0.1, 0.2), "tune.keys": ((RATE, (0.1, 0.3)),)},
        {},
        f"key twice: {RATE}",
    ),
    "no rate": ({"tune.rates": ("a", "b")}, {}, "must be numbers.*'a'"),
    "no pair": ({"tune.keys": ("batch_size", (8, 16))}, {}, "pairs.*'batch"),
    "unknown tuned key": (
        {"tune.keys": (("batchsize", (8, 16)),)},
        {},
        r"compare\.tune has a setting that does not fit.*batchsize",
    ),
    "tuned value": (
        {"tune.keys": (("batch_size", (8, 1.5)),)},
        {},
        "does not fit.*1.5",
    ),
    "a swept key": (
        {"tune.keys": (("fake.norm", ("a", "b")),)},
        {},
        r"tunes what the sweep sets: fake\.norm",
    ),
    "the seed": ({"tune.keys": (("seed", (1, 2)),)}, {}, "sets: seed"),
    "a tuning seed": (
        {"tune.rates": (0.1, 0.2), "tune.once": True, "tune.first_seed": 3},
        {"seeds": 5},
        "3 is one of theirs",
    ),
    "equal looks": ({"looks": (10, 10)}, {}, r"must increase.*\(10, 10\)"),
    "falling looks": ({"looks": (20, 10)}, {}, "must increase"),
    "no look": ({"looks": (0, 10)}, {}, "positive"),
    "half a look": ({"looks": (1.5,)}, {}, "whole"),
    "no direction": ({"metric": "odd"}, {}, "'odd' cannot be judged"),
    "metric": ({"metric": "f1"}, {}, "'f1'.*score"),
    "nothing counts": ({"least": {}}, {}, r"config\.compare\.least\.score"),
    "negative": ({"least": {"score": -1.0}}, {}, r"compare\.least\.score"),
    "baseline": ({"baseline": "norm=c"}, {}, "'norm=c'.*norm=a; norm=b"),
    "no seed": ({}, {"seeds": 0}, "at least 1. Received: 0"),
    "seeds": ({}, {"seeds": True}, "at least 1. Received: True"),
    "no variant": ({}, {"overrides": []}, "yields no run"),
    "variant twice": ({}, {"overrides": norms("a", "a")}, "twice"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_anything_is_written(
    config, name, tmp_path
):
    settings, arguments, message = BAD[name]
    for key, value in settings.items():
        *parts, last = key.split(".")
        holder = config.compare
        for part in parts:
            holder = holder[part]
        with holder.ignore_type():
            holder[last] = value
    arguments = {"overrides": norms("a", "b"), "workdir": tmp_path, **arguments}
    with pytest.raises(InputError, match=message):
        compare.compare(config, **arguments)
    assert not list(tmp_path.iterdir())


def test_older_workdirs_had_one_split(config, tmp_path):
    config.compare.vary_split = False
    conducted(config, norms("a"), tmp_path)
    config.compare.vary_split = True
    message = r"split_seed: -1 there, 0 now[\s\S]*compare\.vary_split=False"
    with pytest.raises(InputError, match=message):
        compare.compare(config, norms("a"), tmp_path)


def test_the_plan_in_words(config, tmp_path):
    config.compare.looks = (10, 20)
    config.compare.tune.rates = (0.1, 0.2, 0.3)
    config.compare.tune.once = True
    found = make_plan(config, norms("a", "b", "c"))
    assert preview.said(found.design).split(".\n") == [
        "3 variants, compared with norm=a and judged by score after 10, 20 "
        "seeds; the\nsmallest difference that counts is 0.100",
        "The 4 intervals together have a level of 95 %, so each has 98.75 %, "
        "which takes\nat least 8 seeds",
        f"Each variant chooses {RATE} from 3 settings, once, by 3 "
        "other\nseeds.",
    ]
    text = preview.said(found.design, "Task: binary label.")
    assert text.startswith("Task: binary label.\n3 variants, ")
    lines = preview.listed(found, tmp_path)
    assert len(lines) == 3 * 20 + 3 * 3 * 3
    assert lines[0] == "pending  norm=a,seed=0, as chosen"
    assert lines[60] == "pending  norm=a,learning_rate=0.1,seed=1000"


def test_a_comparison_alone_needs_no_level(config):
    text = preview.said(make_plan(config, norms("a")).design)
    assert text.startswith("1 variant, judged by score after 1 seed;")
    assert "level" not in text


def test_too_few_seeds_are_said_before(config):
    text = preview.said(make_plan(config, norms("a", "b"), 5).design)
    assert text.endswith("at least 6 seeds; with fewer, all\nstay undecided.")
    text = preview.said(make_plan(config, norms("a", "b"), 6).design)
    assert text.endswith("at least 6 seeds.")


def test_the_level_is_that_of_the_family(config):
    config.compare.looks = (10, 20)
    design = make_plan(config, norms("a", "b", "c")).design
    assert design.level == pytest.approx(1 - 0.05 / 4)
    assert design.metric == SCORE
    assert design.least == 0.1
