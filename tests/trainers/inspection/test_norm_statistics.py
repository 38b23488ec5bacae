"""The callback that shows what norms do, in any `fit`."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.trainers import gan
from normzoo.trainers.callbacks import NormStatistics
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.inspection.batches import Watched

from .watching import (
    Cell,
    X,
    check_documented,
    compiled_model,
    events,
    fit,
    network,
    noisy,
    of_sequences,
    series,
    value,
)


def unbuilt():
    """Has no layers with weights before the first step."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(4)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.Dense(3))
    return compiled_model(model, metrics=["accuracy"])


def half():
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,))])
    model.add(keras.layers.Dense(4, dtype=policy))
    model.add(layers.BatchNormalization(dtype=policy))
    model.add(keras.layers.Dense(3, dtype="float32"))
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=8.0
    )
    return compiled_model(model, optimizer=optimizer)


def recurrent():
    keras.utils.set_random_seed(0)
    layer = layers.LayerNormLSTM(4, dropout=0.3, recurrent_dropout=0.3)
    return of_sequences(layer)


def of_cell():
    keras.utils.set_random_seed(0)
    norm = keras.layers.BatchNormalization()
    return of_sequences(keras.layers.RNN(Cell(norm)))


MODELS = {
    "several steps a call": lambda: network(steps_per_execution=2),
    "dropout": noisy,
    "no weights yet": unbuilt,
    "mixed precision": half,
    "XLA": lambda: network(jit_compile=True),
    "eager": lambda: network(run_eagerly=True),
    "a recurrent layer with dropout": recurrent,
    "a cell with batch norm": of_cell,
}
SLOW = pytest.mark.slow
CASES = [
    pytest.param(network, id="plain"),
    *(pytest.param(make, id=name, marks=SLOW) for name, make in MODELS.items()),
]


@pytest.mark.slow
@pytest.mark.parametrize("make", CASES)
def test_training_is_bitwise_the_same(make, tmp_path):
    # An epoch of 2.5 batches: the last one is smaller, the last call shorter.
    logs = keras.callbacks.CSVLogger
    watch = NormStatistics(tmp_path, every=1)
    watched, alone = make(), make()
    # Sequences of such examples, where the model takes them.
    x = X[:40]
    if watched.built:
        x = np.resize(x, (40, *watched.input_shape[1:]))
    fit(watched, watch, logs(tmp_path / "watched"), x=x)
    fit(alone, logs(tmp_path / "alone"), x=x)
    one, other = (
        (tmp_path / name).read_text() for name in ("watched", "alone")
    )
    assert one == other
    for one, other in zip(watched.variables, alone.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    for one, other in zip(
        watched.optimizer.variables, alone.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    check_documented(events(tmp_path))


@pytest.mark.slow
def test_figures_are_those_of_the_step(tmp_path):
    """Against a step of plain SGD, written out."""
    model = fit(network(), x=X[:16], epochs=1)
    dense = next(x for x in model.layers if isinstance(x, keras.layers.Dense))
    norm = next(x for x in model.layers if hasattr(x, "moving_mean"))
    moving = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    before = [w.numpy() for w in model.trainable_weights]
    inputs = dense(X[:16]).numpy()
    fit(model, NormStatistics(tmp_path), x=X[:16], epochs=1, shuffle=False)
    after = [w.numpy() for w in model.trainable_weights]
    found = events(tmp_path)
    changes = [b - a for a, b in zip(before, after, strict=True)]
    update = np.sqrt(sum((c**2).sum() for c in changes))
    assert value(found, "update_norm/all", 2) == pytest.approx(update, 1e-5)
    gradient = value(found, "gradient_norm/all", 2)
    assert gradient == pytest.approx(update / 0.1, 1e-5)
    weights = np.sqrt(sum((w**2).sum() for w in before))
    assert value(found, "weight_norm/all", 2) == pytest.approx(weights, 1e-5)
    first = np.sqrt((changes[0] ** 2).sum())
    tag = f"update_norm/{dense.path}"
    assert value(found, tag, 2) == pytest.approx(first, 1e-5)
    for percent in (15, 50, 85):
        tag = f"unit_input_{percent}/{norm.name}"
        expected = np.percentile(inputs[:, 2], percent)
        assert value(found, tag, 2) == pytest.approx(expected, 1e-5)
    mean, variance = inputs.mean(0), inputs.var(0) + norm.epsilon
    distance = np.sqrt(((moving[0] - mean) ** 2 / variance).mean())
    tag = f"mean_distance/{norm.name}"
    assert value(found, tag, 2) == pytest.approx(distance, 1e-4)
    distance = np.log((moving[1] + norm.epsilon) / variance)
    tag = f"variance_distance/{norm.name}"
    expected = np.sqrt((distance**2).mean())
    assert value(found, tag, 2) == pytest.approx(expected, 1e-4)
    buckets = series(found, f"inputs/{norm.name}")[2]
    assert buckets[:, 2].sum() == inputs.size
    assert buckets[0, 0] == pytest.approx(inputs.min())
    for name in ("outputs", "gamma", "beta", "moving_mean", "moving_variance"):
        assert f"{name}/{norm.name}" in found.Tags()["tensors"]
    depth = series(found, "gradient_norm_through_depth")[2]
    assert (depth[:, 2] ** 2).sum() == pytest.approx(gradient**2, 1e-5)


STEPS = {
    "each": (1, 1, [2, 3, 4, 5, 6]),
    "every other": (2, 1, [2, 4, 6]),
    "two steps a call": (3, 2, [3, 6]),
    "more than there are": (100, 1, [2]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_steps_are_those_of_the_optimizer(name, tmp_path):
    every, per_call, expected = STEPS[name]
    model = network(steps_per_execution=per_call)
    fit(model, NormStatistics(tmp_path, every=every))
    assert list(series(events(tmp_path), "update_norm/all")) == expected


@pytest.mark.slow
def test_a_resumed_training_goes_on_counting(tmp_path):
    model = network()
    fit(model, NormStatistics(tmp_path, every=2), epochs=1)
    fit(model, NormStatistics(tmp_path, every=2), epochs=1)
    found = events(tmp_path)
    assert list(series(found, "weight_norm/all")) == [2, 4, 6]


@pytest.mark.slow
def test_an_interrupted_fit_leaves_the_next_one_alone(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = network()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            fit(model, NormStatistics(tmp_path / "old", every=1), Interrupt())
    fit(model, NormStatistics(tmp_path / "new", every=1))
    found = series(events(tmp_path / "new"), "weight_norm/all")
    assert list(found) == [*range(3, 9)]
    assert not isinstance(model.train_function, Watched)


SCRIPT = """
import keras
import numpy as np
from normzoo.trainers.callbacks import NormStatistics

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
model.compile("sgd", "mse")
x, y = np.ones((64, 2)), np.ones((64, 4))
callback = NormStatistics("log", every=2)
model.fit(x, y, batch_size=8, verbose=0, callbacks=[callback])
"""


@pytest.mark.slow
def test_nothing_is_said_when_python_ends(tmp_path):
    (tmp_path / "mine.py").write_text(SCRIPT)
    command = [sys.executable, "mine.py"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "PyFunc" not in ended.stderr
    assert (tmp_path / "log/norms").exists()


@pytest.mark.slow
def test_two_of_them_see_the_same(tmp_path):
    model, folders = network(), (tmp_path / "a", tmp_path / "b")
    fit(model, *(NormStatistics(folder, every=2) for folder in folders))
    one, other = (
        series(events(folder), "gradient_norm/all") for folder in folders
    )
    assert one == other
    assert list(one) == [2, 4, 6]
    assert not isinstance(model.train_function, Watched)


@pytest.mark.slow
def test_a_step_of_ones_own_is_watched_with_all_its_optimizers(
    toy_gan, tmp_path
):
    toy_gan.epochs = 1
    watch = NormStatistics(tmp_path / "watched", every=4)
    gan.train(toy_gan, tmp_path / "run", callbacks=[watch], verbose=0)
    gan.train(toy_gan, tmp_path / "alone", verbose=0)
    run, alone = (
        (tmp_path / name / "metrics.jsonl").read_text()
        for name in ("run", "alone")
    )
    assert run == alone
    found = events(tmp_path / "watched")
    assert list(series(found, "gradient_norm/all")) == [1, 4, 8]
    assert all(x > 0 for x in series(found, "gradient_norm/all").values())


@pytest.mark.slow
def test_a_training_that_has_diverged_is_shown(tmp_path):
    model = fit(network(), epochs=1)
    for weight in model.trainable_weights:
        weight.assign(np.full(weight.shape, np.nan))
    fit(model, NormStatistics(tmp_path), epochs=1)
    assert np.isnan(value(events(tmp_path), "weight_norm/all", 4))


@pytest.mark.parametrize("every", [0, -1, 1.5, True, None])
def test_an_interval_that_is_none_is_refused(every, tmp_path):
    with pytest.raises(InputError, match=r"positive whole number.*Received"):
        NormStatistics(tmp_path, every=every)


@pytest.mark.slow
def test_many_fits_of_a_model_are_no_warning(tmp_path, tensorflow_logs):
    model = network()
    for number in range(6):  # TensorFlow warns of the fifth trace
        fit(model, NormStatistics(tmp_path / str(number)))
    assert not tensorflow_logs
