"""The program of runs with models of their own, one with its own step."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.data.examples import Examples
from normzoo.trainers.run.state import build_state
from normzoo.trainers.together.feed import Feed
from normzoo.trainers.together.side_by_side import SideBySide
from normzoo.trainers.together.state import own_variables

RATES = (0.1, 0.01)
ALL = np.array([True, True])


class Own(keras.Sequential):
    """A model with a step of its own, which says more than its metrics do."""

    def train_step(self, data):
        logs = super().train_step(data)
        weights = self.trainable_variables
        return {
            **logs,
            "size": tf.linalg.global_norm([w.value for w in weights]),
        }


def new_model(rate):
    keras.utils.set_random_seed(0)
    model = Own([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", jit_compile=False)
    build_state(model, (tf.TensorSpec((4, 3)), tf.TensorSpec((4, 1))))
    return model


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)

    def split(size):
        inputs = rng.normal(size=(size, 3)).astype(np.float32)
        return Examples(inputs, inputs.sum(-1, keepdims=True))

    return types.SimpleNamespace(
        train=split(12), validation=split(7), test=split(5)
    )


@pytest.fixture(scope="module")
def models():
    return list(map(new_model, RATES))


@pytest.fixture(scope="module")
def kept(models, data):
    return made(models, data)


def made(models, data, **options):
    feed = Feed([data] * 2, seeds=[0, 1], batch_size=4, evaluation_batch_size=5)
    return SideBySide(models, feed, check_every=1, **options)


@pytest.fixture
def program(kept, models):
    """The program, traced once, of new models."""
    for model, rate in zip(models, RATES, strict=True):
        for variable, new in zip(
            own_variables(model), own_variables(new_model(rate)), strict=True
        ):
            variable.assign(new)
    return kept


def test_it_trains_as_the_models_do(program, models, data):
    orders = program.orders(0)
    running = program.train(orders, 0, 3, ALL)
    assert sorted(running) == ["loss", "size"]
    for run, rate in enumerate(RATES):
        alone = new_model(rate)
        for step in range(3):
            rows = orders[run, step].numpy()
            batch = data.train.inputs[rows], data.train.labels[rows]
            logs = alone.train_step(tuple(map(tf.constant, batch)))
            for name, value in logs.items():
                np.testing.assert_allclose(
                    running[name][step, run], value, rtol=1e-5
                )
        for own, wanted in zip(
            models[run].variables, alone.variables, strict=True
        ):
            np.testing.assert_allclose(own, wanted, rtol=1e-5)


def test_it_can_be_compiled(program, models, data):
    running = program.train(program.orders(0), 0, 3, ALL)
    after = [program.rows([run])[run] for run in (0, 1)]
    again = list(map(new_model, RATES))
    compiled = made(again, data, jit_compile=True)
    alive = np.array([True, False])
    found = compiled.train(compiled.orders(0), 0, 3, alive)
    np.testing.assert_allclose(
        found["loss"][:, 0], running["loss"][:, 0], rtol=1e-5
    )
    for value, other in zip(compiled.rows([0])[0], after[0], strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-5)
    for variable, new in zip(
        again[1].variables, new_model(RATES[1]).variables, strict=True
    ):
        np.testing.assert_array_equal(variable, new)


def test_a_run_that_is_not_alive_stays_as_it_is(program):
    orders = program.orders(0)
    program.train(orders, 0, 1, ALL)
    before = program.rows([1])[1]
    loss = program.train(orders, 1, 3, np.array([True, False]))["loss"]
    for value, old in zip(program.rows([1])[1], before, strict=True):
        np.testing.assert_array_equal(value, old)
    assert loss.shape == (2, 2)
    assert loss[0, 1] == loss[1, 1]
    assert loss[0, 0] != loss[1, 0]


def test_what_its_metrics_do_not_know_is_nan_of_such_a_run(program):
    orders = program.orders(0)
    size = program.train(orders, 0, 2, np.array([False, True]))["size"]
    assert np.isnan(size[:, 0]).all()
    assert np.isfinite(size[:, 1]).all()


def test_a_run_that_diverges_stays_as_it_is_then(program, models):
    kernel = models[0].trainable_variables[0]
    kernel.assign(tf.fill(kernel.shape, np.float32(np.inf)))
    orders = program.orders(0)
    program.train(orders, 0, 1, ALL)
    iterations = models[0].optimizer.iterations.numpy()
    program.train(orders, 1, 3, ALL)
    # It is looked at after the first step of a call at the earliest.
    assert models[0].optimizer.iterations.numpy() == iterations + 1
    assert models[1].optimizer.iterations.numpy() >= 3


def test_evaluation_leaves_what_training_needs(program, models, data):
    program.train(program.orders(0), 0, 2, ALL)
    before = [program.rows([run])[run] for run in (0, 1)]
    found = program.evaluate("validation")
    for run in (0, 1):
        for value, old in zip(
            program.rows([run])[run], before[run], strict=True
        ):
            np.testing.assert_array_equal(value, old)
        x, y = data.validation.batch
        errors = (models[run](x).numpy() - y) ** 2
        assert found["loss"][run] == pytest.approx(errors.mean(), rel=1e-5)


def test_a_model_is_lent_in_an_earlier_state(program, models):
    row = program.rows([0])[0]
    program.train(program.orders(0), 0, 2, ALL)
    later = program.rows([0])[0]
    with program.holding(0, row) as model:
        assert model is models[0]
        for value, old in zip(program.rows([0])[0], row, strict=True):
            np.testing.assert_array_equal(value, old)
    for value, new in zip(program.rows([0])[0], later, strict=True):
        np.testing.assert_array_equal(value, new)


def test_rates(program):
    np.testing.assert_allclose(program.rates(), RATES, rtol=1e-6)
