"""One of each that CONTRIBUTING says can be added, in a few lines.

What is added is a line in a table; all else, from the settings to the report,
is the scripts' own.
"""

import json

import keras
import ml_collections
import pytest
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.configs import default
from normzoo.layers.weight_norms.base import WeightNorm
from normzoo.trainers import classify, compare, gan
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.metric import Metric
from normzoo.trainers.comparison.trainers import TRAINERS, trainer_of
from normzoo.trainers.gans.metrics import measures
from normzoo.trainers.gans.model import losses
from normzoo.trainers.run import completion
from normzoo.trainers.run.session import Session
from normzoo.trainers.run.settings import Settings
from normzoo.trainers.run.trainer import Trainer
from normzoo.trainers.supervised.metrics import METRICS, Measured
from normzoo.trainers.supervised.task import TASKS

MINE = "mine"


@keras.saving.register_keras_serializable(package="normzoo_tests")
class Centering(keras.layers.Layer):
    """A norm: takes each example's mean away."""

    def call(self, x):
        return x - tf.reduce_mean(x, -1, keepdims=True)


@keras.saving.register_keras_serializable(package="normzoo_tests")
class Halved(WeightNorm):
    """A weight norm: halves each weight."""

    def _add_state(self, kernel):
        """It has none."""

    def _normalized(self, kernel, value, training):
        return value / 2


def linear(
    input_shape,
    num_classes,
    *,
    norm="none",
    weight_norm="none",
    seed=0,
    name="linear",
):
    """A model: a norm and the logits."""
    inputs = keras.Input(input_shape)
    x = layers.get(norm)()(keras.layers.Flatten()(inputs))
    initializer = keras.initializers.GlorotUniform(seed=seed)
    dense = keras.layers.Dense(num_classes, kernel_initializer=initializer)
    x = layers.get_weight_norm(weight_norm)(dense)(x)
    return keras.Model(inputs, x, name=name)


@keras.saving.register_keras_serializable(package="normzoo_tests")
class Brier(keras.losses.Loss):
    """A loss: the squared error of the probabilities."""

    def call(self, labels, logits):
        labels = tf.one_hot(tf.cast(labels, "int32"), logits.shape[-1])
        return tf.reduce_sum((tf.nn.softmax(logits) - labels) ** 2, -1)


#: A metric.
TOP_2 = Measured(
    shown=Metric(
        key="test_top_2",
        name="top_2",
        title="top 2",
        higher_is_better=True,
        scale=100,
        digits=1,
    ),
    make=lambda: keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2"),
)


def lines(workdir):
    text = (workdir / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def mine(config, monkeypatch):
    """A config that uses a norm, a model, a metric and a task of its own."""
    monkeypatch.setitem(layers.NORMS, MINE, Centering)
    monkeypatch.setitem(layers.WEIGHT_NORMS, MINE, Halved)
    monkeypatch.setitem(zoo.MODELS, MINE, linear)
    monkeypatch.setitem(METRICS, "top_2", TOP_2)
    task = TASKS["classification"]
    fields = {f: getattr(task, f) for f in ("outputs", "check_labels")}
    probabilities = type(task)(
        fits=lambda data: False, loss=Brier, metrics=("top_2",), **fields
    )
    monkeypatch.setitem(TASKS, MINE, probabilities)
    config.model = ml_collections.ConfigDict(
        {"name": MINE, "norm": MINE, "weight_norm": MINE}
    )
    config.task = MINE
    config.checkpoint.best = "val_top_2"
    config.compare.metric = "top_2"
    config.compare.least.top_2 = 0.01
    config.compare.baseline = ""
    return config


@pytest.mark.slow
def test_norms_a_model_a_metric_and_a_task(mine, tmp_path):
    summary = compare.compare(
        mine, [{"model.norm": n, "seed": 0} for n in (MINE, "none")], tmp_path
    )
    assert summary.metrics == ("test_top_2",)
    run = tmp_path / "norm=mine,seed=0"
    result = json.loads((run / "DONE").read_text())
    assert 0.2 < result["test_top_2"] <= 1
    assert result["test_loss"] < 0.9  # that of equal probabilities
    assert "test_accuracy" not in result
    text = (tmp_path / "summary.md").read_text()
    costs = "weights | memory | s"
    assert f"| variant | top 2 | difference | verdict | {costs} |" in text
    assert f"| {100 * result['test_top_2']:.1f} | baseline |" in text
    assert "\ntop 2: one seed, without interval. Differences from" in text
    assert list((run / "checkpoints/best").glob("step-*"))
    model = keras.saving.load_model(run / "checkpoints/final.keras")
    kinds = {type(layer) for layer in model.layers}
    assert {Centering, Halved} <= kinds


def test_a_task_is_chosen_by_its_data(mine, monkeypatch, tmp_path):
    mine.task = ""
    mine.checkpoint.best = ""
    result = classify.train(mine, tmp_path / "first", verbose=0)
    assert "test_accuracy" in result
    mine.task = "characters"
    with pytest.raises(InputError, match="each step of an example"):
        classify.train(mine, tmp_path / "other", verbose=0)
    mine.task, mine.checkpoint.best = MINE, "val_accuracy"
    with pytest.raises(InputError, match=r"'val_accuracy'.*val_top_2"):
        classify.train(mine, tmp_path / "other", verbose=0)
    mine.checkpoint.best, mine.probe = "", "layers"
    with pytest.raises(InputError, match="'mine' has no probes"):
        classify.train(mine, tmp_path / "other", verbose=0)
    assert not (tmp_path / "other").exists()


def spread(samples):
    """A GAN's metric: how far its examples are spread."""
    return {"spread": float(samples.made.std())}


@pytest.mark.slow
def test_a_loss_and_a_metric_of_gans(toy_gan, monkeypatch, tmp_path):
    shown = measures.last("spread", "spread", True, digits=1)
    measure = measures.Measure(metrics=(shown,), measure=spread)
    table = (*measures.MEASURES, measure)
    monkeypatch.setattr(measures, "MEASURES", table)
    hinge = losses.LOSSES["hinge"]
    softer = hinge._replace(generator=lambda fake: -tf.reduce_mean(fake) / 2)
    monkeypatch.setitem(losses.LOSSES, MINE, softer)
    toy_gan.loss.name = MINE
    toy_gan.epochs = 1
    toy_gan.checkpoint.best = "val_spread"
    toy_gan.compare.metric = "spread"
    toy_gan.compare.least.spread = 0.1
    toy_gan.compare.baseline = ""
    compare.compare(toy_gan, [{"seed": 0}], tmp_path)
    run = tmp_path / "all,seed=0"
    result = json.loads((run / "DONE").read_text())
    assert result["last_spread"] > 0
    validated = [x for x in lines(run) if x["split"] == "validation"]
    assert [line["spread"] > 0 for line in validated] == [True]
    page = (tmp_path / "report.html").read_text()
    assert ">good</th>" in page
    assert ">spread</th>" in page
    assert list((run / "checkpoints/best").glob("step-*"))
    toy_gan.loss.label_smoothing = 0.1
    with pytest.raises(InputError, match="'mine' has no labels to smooth"):
        gan.train(toy_gan, tmp_path / "other", verbose=0)


def coin_config():
    """What a trainer of coins can set."""
    compared = default.get_comparison()
    compared.metric, compared.least = "heads", {"heads": 0.1}
    return ml_collections.ConfigDict(
        {
            "coin": {"bias": 0.5},
            "seed": 0,
            "epochs": 3,
            "log_every_steps": 1,
            "validate_every_epochs": 1,
            "steps_per_execution": 1,
            "dataset": {"image_size": 0, "window": 1, "split_seed": -1},
            "checkpoint": {
                "every_seconds": 0.0,
                "every_steps": 0,
                "keep": 1,
                "best_mode": "max",
            },
            "distribution": "none",
            "jit_compile": False,
            "deterministic": True,
            "compare": compared,
        }
    )


def coin_trainer():
    """A trainer: tosses a coin once an epoch."""
    heads = Metric(
        key="test_heads", name="heads", title="heads", higher_is_better=True
    )

    def train(config, workdir, *, verbose=0, session=None):
        config = trainer.settings.checked(config)
        rundir = trainer.rundir(config, workdir)
        rundir.check(trainer.resolve(config))

        def work():
            tosses = tf.random.stateless_uniform(
                [config.epochs], [config.seed, 0]
            )
            values = (tosses.numpy() < config.coin.bias).astype(float)
            log = [{"split": "validation", "heads": x} for x in values]
            text = "".join(json.dumps(line) + "\n" for line in log)
            (rundir.path / "metrics.jsonl").write_text(text)
            figures = {"test_heads": values.mean(), "seconds": 0.0}
            return {"status": "finished", "parameters": 0, **figures}

        strategy = (session or Session()).strategy("none")
        resolved = trainer.resolve(config)
        return completion.load_or_run(strategy, rundir, resolved, work)

    def check(configs):
        for config in configs:
            if trainer.settings.checked(config).coin.bias > 1:
                raise InputError("coin.bias must be at most 1.")

    trainer = Trainer(
        key="coin",
        script="my.coins",
        settings=Settings(
            defaults=coin_config,
            begin="coin_config()",
            optimizers=(),
            not_negative=("coin.bias",),
        ),
        train=train,
        check=check,
        metrics=lambda config: (heads,),
        table=lambda config: (heads,),
    )
    return trainer


@pytest.mark.slow
def test_a_trainer(monkeypatch, tmp_path):
    monkeypatch.setitem(TRAINERS, "coins", coin_trainer())
    config = coin_config()
    assert trainer_of(config) is TRAINERS["coins"]
    sweep = [
        {"coin.bias": bias, "seed": seed}
        for seed in (0, 1)
        for bias in (0.0, 1.0)
    ]
    summary = compare.compare(config, sweep, tmp_path / "sweep")
    means = [row.intervals["test_heads"].center for row in summary.rows]
    assert means == [0, 1]
    assert ">Runs</h2>" not in (tmp_path / "sweep/report.html").read_text()
    sweep.append({"coin.bias": 1.5, "seed": 0})
    with pytest.raises(InputError, match="at most 1"):
        compare.compare(config, sweep, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()
