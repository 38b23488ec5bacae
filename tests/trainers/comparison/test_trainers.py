"""Which trainer a config is for, and what is checked before a sweep."""

import types

import keras
import pytest

from normzoo import zoo
from normzoo.configs import default, digits_mlp, gan_default
from normzoo.trainers import classify, gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.metric import Metric
from normzoo.trainers.comparison import runner
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.comparison.trainers import TRAINERS, expect, trainer_of
from normzoo.trainers.supervised import latency

CONFIGS = {
    "classifier": default.get_config,
    "gan": gan_default.get_config,
    "latency": latency.get_config,
}


def test_there_is_a_config_for_each():
    assert CONFIGS.keys() == TRAINERS.keys()


@pytest.mark.parametrize("name", TRAINERS)
def test_a_config_finds_its_trainer(name):
    config = CONFIGS[name]()
    assert trainer_of(config) is TRAINERS[name]
    expect(name, config)
    for other in TRAINERS.keys() - {name}:
        with pytest.raises(InputError, match=f"Use {TRAINERS[name].script}"):
            expect(other, config)


@pytest.mark.parametrize(
    ("script", "make", "message"),
    [
        (classify, gan_default.get_config, r"'generator'.*Use \S+\.gan\."),
        (classify, latency.get_config, r"'latency'.*Use \S+\.claims\."),
        (gan, digits_mlp.get_config, r"'model'.*Use \S+\.classify\."),
        (gan, latency.get_config, r"'latency'.*Use \S+\.claims\."),
    ],
)
def test_the_wrong_script_names_the_right_one(script, make, message, tmp_path):
    flags = types.SimpleNamespace(config=make(), workdir=tmp_path / "run")
    with pytest.raises(InputError, match=message) as raised:
        script.main(flags)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("script", "make", "begin"),
    [
        (classify, gan_default.get_config, "default"),
        (gan, digits_mlp.get_config, "gan_default"),
    ],
)
def test_the_wrong_function_says_what_is_missing(script, make, begin, tmp_path):
    message = rf"lacks \d+ keys.*Begin it with \S+\.{begin}\.get_config"
    with pytest.raises(InputError, match=message):
        script.train(make(), tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_config_for_none():
    with pytest.raises(InputError, match=r"latency.*generator.*model.*default"):
        trainer_of(gan_default.get_config().loss)


def test_all_metrics_can_be_shown():
    for name, trainer in TRAINERS.items():
        config = CONFIGS[name]()
        shown = [*trainer.metrics(config), *trainer.table(config)]
        assert all(isinstance(metric, Metric) for metric in shown)
        assert all(metric.title and metric.key for metric in shown)
        names = {metric.name for metric in trainer.metrics(config)}
        assert not names or config.compare.metric in names


@pytest.mark.parametrize(
    ("scale", "digits", "sign", "text"),
    [(1, 3, "", "0.123"), (100, 2, "+", "+12.35"), (1, 0, "", "0")],
)
def test_a_metric_formats_its_values(scale, digits, sign, text):
    metric = Metric(
        key="test_x",
        title="x",
        higher_is_better=True,
        scale=scale,
        digits=digits,
    )
    assert metric.text(0.12345, sign) == text
    assert metric.said("mean of 3") == "x: mean of 3; "
    assert metric.split == "test"


def counted(monkeypatch, table, name):
    """Returns the list of what a function of a table is called with."""
    function, calls = table[name], []

    def counting(*args, **kwargs):
        calls.append(kwargs["norm"])
        return function(*args, **kwargs)

    monkeypatch.setitem(table, name, counting)
    return calls


@pytest.fixture
def nothing_is_compiled(monkeypatch):
    def refuse(*args, **kwargs):
        pytest.fail("compiled or trained")

    for method in ("compile", "fit", "predict", "evaluate"):
        monkeypatch.setattr(keras.Model, method, refuse)


def test_a_check_builds_each_model_once_and_compiles_none(
    config, monkeypatch, nothing_is_compiled, tmp_path
):
    built = counted(monkeypatch, zoo.MODELS, "mlp")
    sweep = [
        {"model.norm": norm, "optimizer.learning_rate": rate, "seed": seed}
        for norm in ("batch", "virtual")
        for rate in (0.1, 0.2, 0.3)
        for seed in (0, 1)
    ]
    runner.check(plan(config, sweep), tmp_path)
    assert built == ["batch", "virtual"]
    assert not list(tmp_path.iterdir())
    sweep.append({"model.norm": "batch", "optimizer.learning_rate": 0.4})
    sweep[-1]["seed"] = -1  # of a variant that has been checked
    with pytest.raises(InputError, match="seed must be"):
        runner.check(plan(config, sweep), tmp_path)


def test_a_check_of_gans_builds_each_network_once(
    toy_gan, monkeypatch, nothing_is_compiled, tmp_path
):
    made = {"generator": [], "discriminator": []}
    networks = dict(zip(made, zoo.GANS["toy"], strict=True))

    def counting(role):
        def make(*args, **kwargs):
            made[role].append(kwargs["norm"])
            return networks[role](*args, **kwargs)

        return make

    monkeypatch.setitem(zoo.GANS, "toy", tuple(map(counting, made)))
    sweep = [
        {"generator.norm": g, "discriminator.norm": d, "seed": 0}
        for g in ("none", "virtual")
        for d in ("none", "batch")
    ]
    runner.check(plan(toy_gan, sweep), tmp_path)
    assert made["generator"] == ["none", "virtual"]
    assert made["discriminator"] == ["none", "batch"]
    assert not list(tmp_path.iterdir())
