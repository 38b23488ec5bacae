"""What a checkpoint holds, and when there is one."""

import json
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.configs import default
from normzoo.trainers.common import signals
from normzoo.trainers.run.checkpointing.recovery import newest_first
from normzoo.trainers.run.logs import MetricsLog
from normzoo.trainers.run.rundir import RunDir
from normzoo.trainers.run.state import variables_of
from normzoo.trainers.run.training import Training

STEPS, EPOCHS = 6, 3


@keras.saving.register_keras_serializable(package="normzoo_tests")
class TwoNets(keras.Model):
    """Two nets with an optimizer each, noise, an average and a scaled loss."""

    def __init__(self, run_eagerly=False):
        super().__init__()
        self.generator = keras.Sequential([keras.Input((2,)), net()])
        self.discriminator = keras.Sequential(
            [keras.Input((2,)), net(), keras.layers.BatchNormalization()]
        )
        self.average = keras.models.clone_model(self.generator)
        self.noise = keras.random.SeedGenerator(3)
        self.mean_loss = keras.metrics.Mean("loss")
        self.generator_optimizer = keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(0.01), initial_scale=4.0
        )
        self.discriminator_optimizer = keras.optimizers.SGD(0.01, 0.9)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(
            self.discriminator.trainable_variables
        )
        self.built = True
        self.compile(optimizer=None, run_eagerly=run_eagerly)

    def call(self, x):
        return self.generator(x)

    def train_step(self, x):
        noise = keras.random.normal((4, 2), seed=self.noise)
        self.descend(self.discriminator, self.discriminator_optimizer, x, noise)
        loss = self.descend(
            self.generator, self.generator_optimizer, noise, noise + x
        )
        for average, weight in zip(
            self.average.variables, self.generator.variables, strict=True
        ):
            average.assign(0.9 * average + 0.1 * weight)
        self.mean_loss.update_state(loss)
        return {"loss": self.mean_loss.result()}

    def descend(self, model, optimizer, x, target):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - target) ** 2)
            scaled = optimizer.scale_loss(loss)
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(scaled, weights), weights)
        return loss


def net():
    initializer = keras.initializers.GlorotUniform(seed=1)
    return keras.layers.Dense(2, kernel_initializer=initializer)


def batches(epoch, step, part):
    del part  # there is one replica

    def rows(number):
        return tf.random.stateless_normal((4, 2), seed=[1, number])

    first = epoch * STEPS + step
    return tf.data.Dataset.range(first, EPOCHS * STEPS).map(rows)


@pytest.fixture
def config():
    config = default.get_config()
    config.epochs = EPOCHS
    config.log_every_steps = 2
    config.checkpoint.best = ""
    return config


class Stop(keras.callbacks.Callback):
    """Ends the process, so to say, after some steps."""

    def __init__(self, step):
        super().__init__()
        self.steps = step

    def on_train_batch_end(self, batch, logs=None):
        """Counts down."""
        self.steps -= 1
        if self.steps == 0:
            raise KeyboardInterrupt


def train(config, folder, steps=None, run_eagerly=True):
    model, rundir = TwoNets(run_eagerly), RunDir(folder)
    rundir.path.mkdir(exist_ok=True)
    with Training(model, batches, STEPS, config, rundir) as training:
        training.fit(callbacks=[Stop(steps)] if steps else [])
    return model, training.progress


def values_of(model):
    groups = variables_of(model)
    return [v.numpy() for group in groups.values() for v in group]


@pytest.mark.slow
def test_two_nets_need_nothing_of_their_own(config, tmp_path):
    config.checkpoint.every_steps = 4
    whole, _ = train(config, tmp_path / "whole", run_eagerly=False)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "parts", steps=9, run_eagerly=False)
    assert newest_first(tmp_path / "parts/checkpoints") == [8, 4]
    parts, progress = train(config, tmp_path / "parts", run_eagerly=False)
    assert (progress.step, progress.epoch) == (18, 3)
    for got, expected in zip(values_of(parts), values_of(whole), strict=True):
        np.testing.assert_array_equal(got, expected)
    texts = {
        (tmp_path / name / "metrics.jsonl").read_text()
        for name in ("whole", "parts")
    }
    assert len(texts) == 1
    last = json.loads(texts.pop().splitlines()[-1])
    assert last["split"] == "train"
    assert last["generator_learning_rate"] == pytest.approx(0.01)


def test_all_state_is_there():
    model = TwoNets()
    groups = variables_of(model)
    counts = {name: len(group) for name, group in groups.items()}
    assert counts == {
        "model": 2 + 2 + 4 + 2 + 1,  # three dense, a batch norm, the seed
        "metrics": 2 + 2,  # total and count, of Keras' own loss, too
        # Iterations and rate of both, scale and counter, two moments.
        "generator_optimizer": 2 + 2 + 2 + 2 * 2,
        "discriminator_optimizer": 2 + 4,  # momentum, of batch norm, too
    }


def test_optimizers_that_cannot_be_resumed_are_refused():
    model = TwoNets()
    model.generator_optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"generator_optimizer.*build"):
        variables_of(model)
    model.generator_optimizer = keras.optimizers.Adam(use_ema=True)
    model.generator_optimizer.build(model.generator.trainable_variables)
    with pytest.raises(ValueError, match="use_ema=True"):
        variables_of(model)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [18]),
        ({"every_steps": 4, "keep": 9}, [18, 16, 12, 8, 4]),
        ({"every_steps": 6, "keep": 2}, [18, 12]),
        ({"every_seconds": 1e-9, "keep": 3}, [18, 17, 16]),
        ({"every_seconds": 0.0}, [18]),
    ],
)
def test_when_it_is_saved(config, settings, expected, tmp_path):
    config.checkpoint.update(settings)
    train(config, tmp_path)
    assert newest_first(tmp_path / "checkpoints") == expected


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "expected"), [("min", 0), ("max", -1)])
def test_the_best_is_kept(config, mode, expected, tmp_path):
    config.checkpoint.best, config.checkpoint.best_mode = "loss", mode
    train(config, tmp_path)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    ends = [x for x in map(json.loads, lines) if x["split"] == "train"]
    ends.sort(key=lambda line: line["loss"])
    best = newest_first(tmp_path / "checkpoints/best")
    assert best == [ends[expected]["step"]]


@pytest.mark.slow
def test_a_run_at_its_end_is_not_trained_again(config, tmp_path):
    first, _ = train(config, tmp_path)
    log = (tmp_path / "metrics.jsonl").read_text()
    second, _ = train(config, tmp_path)
    assert (tmp_path / "metrics.jsonl").read_text() == log
    for got, expected in zip(values_of(second), values_of(first), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_signals_are_let_go_when_the_logs_cannot_be_opened(
    config, monkeypatch, tmp_path
):
    def refuse(log):
        raise OSError("no space left")

    handlers = [signal.getsignal(number) for number in signals.EXIT_CODES]
    monkeypatch.setattr(MetricsLog, "__enter__", refuse)
    training = Training(TwoNets(), batches, STEPS, config, RunDir(tmp_path))
    with pytest.raises(OSError, match="no space left"), training:
        pytest.fail("there is no log")
    assert handlers == [signal.getsignal(n) for n in signals.EXIT_CODES]
