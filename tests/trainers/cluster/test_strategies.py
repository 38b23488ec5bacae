"""Two replicas train as one device does."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers, zoo
from normzoo.trainers import classify
from normzoo.trainers.cluster import strategies
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import runner
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.data import loading, pipeline
from normzoo.zoo.dropout import Dropout

BATCH, STEPS = 16, 20
X = np.ones((4, 50), np.float32)
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (STEPS * BATCH, 3, 4, 1)).astype(np.uint8)
EXAMPLES = loading.Examples(IMAGES, RNG.integers(0, 3, len(IMAGES)))


def classifier(norm):
    return zoo.mlp((3, 4, 1), 3, norm=norm, width=8)


def batch_norm(synchronized):
    return classifier(
        layers.get(layers.BatchNormalization, synchronized=synchronized)
    )


def recurrent_batch_norm(synchronized):
    return keras.Sequential(
        [
            keras.Input((3, 4, 1)),
            keras.layers.Reshape((3, 4)),
            layers.BatchNormSimpleRNN(
                5,
                unroll=synchronized,
                synchronized=synchronized,
                momentum=0.8,
                kernel_initializer=keras.initializers.GlorotUniform(seed=1),
                recurrent_initializer=keras.initializers.Orthogonal(seed=2),
            ),
            keras.layers.Dense(
                3, kernel_initializer=keras.initializers.GlorotUniform(seed=3)
            ),
        ]
    )


#: That of virtual batch norm is in `test_reference_model.py`.
MODELS = {"batch": batch_norm, "recurrent": recurrent_batch_norm}


def trained(strategy, make_model, synchronized=True):
    with strategy.scope():
        model = make_model(synchronized)
        model.compile(
            keras.optimizers.SGD(0.1, momentum=0.9),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

        def batches(part):
            return pipeline.training_batches(
                EXAMPLES, BATCH, epochs=1, seed=0, part=part
            )

        history = model.fit(
            strategies.distribute(strategy, batches),
            steps_per_epoch=STEPS,
            shuffle=False,
            verbose=0,
        )
    return model, history.history["loss"][-1]


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_two_replicas_reproduce_one_device(name, two_replicas):
    single, loss = trained(tf.distribute.get_strategy(), MODELS[name])
    double, loss_of_two = trained(two_replicas, MODELS[name])
    np.testing.assert_allclose(loss_of_two, loss, rtol=1e-5)
    for a, b in zip(single.weights, double.weights, strict=True):
        scale = np.abs(a).max()
        np.testing.assert_allclose(b, a, 0, 1e-5 * max(scale, 1), a.path)
        for copy in two_replicas.experimental_local_results(b.value):
            np.testing.assert_array_equal(copy, b)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_replicas_agree_without_synchronization(name, two_replicas):
    model, _ = trained(two_replicas, MODELS[name], synchronized=False)
    names = [weight.path for weight in model.non_trainable_weights]
    assert any("moving_mean" in name for name in names)
    for weight in model.weights:
        copies = two_replicas.experimental_local_results(weight.value)
        assert len(copies) == 2
        np.testing.assert_array_equal(*copies, weight.path)


def dropped(strategy, make_layer, shape=(4, 50)):
    """Returns what a dropout makes of ones, on each replica, twice."""
    with strategy.scope():
        layer = make_layer()
        layer.build(shape)

    @tf.function
    def step():
        return strategy.run(lambda: layer(tf.ones(shape), training=True))

    return [
        [np.array(x) for x in strategy.experimental_local_results(step())]
        for _ in range(2)
    ]


def test_replicas_drop_different_units(two_replicas):
    first, second = dropped(two_replicas, lambda: Dropout(0.5, seed=1))
    for a, b in [first, second, (first[0], second[0]), (first[1], second[0])]:
        assert 0.3 < np.mean(a != b) < 0.7


def test_one_replica_drops_what_keras_drops():
    strategy = tf.distribute.get_strategy()
    ours, theirs = (
        dropped(strategy, functools.partial(cls, 0.5, seed=2**31 + 5))
        for cls in (Dropout, keras.layers.Dropout)
    )
    np.testing.assert_array_equal(ours, theirs)
    noise_shape = (None, 1)
    ours, theirs = (
        cls(0.5, noise_shape=noise_shape, seed=3)(X, training=True)
        for cls in (Dropout, keras.layers.Dropout)
    )
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def mirrored(config):
    config.distribution = "mirrored"
    return config


@pytest.mark.slow
def test_mirrored_run(mirrored, two_replicas, tmp_path):
    mirrored.model.norm = "layer"
    mirrored.evaluation_batch_size = 100
    result = classify.train(mirrored, tmp_path / "two", verbose=0)
    mirrored.distribution = "none"
    expected = classify.train(mirrored, tmp_path / "one", verbose=0)
    for key in ("test_loss", "validation_loss", "test_accuracy", "steps"):
        assert result[key] == pytest.approx(expected[key], 1e-5)
    models = [
        keras.saving.load_model(tmp_path / name / "checkpoints/final.keras")
        for name in ("one", "two")
    ]
    pairs = zip(*(model.get_weights() for model in models), strict=True)
    for one, two in pairs:
        np.testing.assert_allclose(two, one, 1e-4, 1e-5)


def test_xla_stays_on_one_device(mirrored, two_replicas, tmp_path):
    mirrored.update(jit_compile=True, deterministic=False)
    with pytest.raises(InputError, match="XLA cannot compile"):
        classify.train(mirrored, tmp_path / "run")


def test_a_batch_that_replicas_cannot_share(mirrored, two_replicas, tmp_path):
    mirrored.batch_size = 63
    with pytest.raises(InputError, match=r"total of all 2 replicas.*63"):
        classify.train(mirrored, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_comparison_stays_on_one_machine(config, tmp_path):
    config.distribution = "multi_worker"
    with pytest.raises(InputError, match="A comparison trains on one machine"):
        runner.check(plan(config, [{"seed": 0}]), tmp_path)


def test_an_unknown_distribution(config, tmp_path):
    config.distribution = "mirored"
    with pytest.raises(InputError, match=r"'mirored'.*none, mirrored, multi_w"):
        classify.train(config, tmp_path / "run")


def test_several_workers_come_first(config, monkeypatch, tmp_path):
    config.distribution = "multi_worker"
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match="needs to know its workers"):
        classify.train(config, tmp_path / "run")
