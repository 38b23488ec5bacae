"""The callback that shows what norms do, in any `fit`."""

import pathlib
import re
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

import normzoo
from normzoo import layers, zoo
from normzoo.trainers import gan
from normzoo.trainers.callbacks import NormStatistics
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.inspection import norm_statistics
from normzoo.trainers.inspection.batches import Watched

DOCUMENT = (
    pathlib.Path(normzoo.__file__).parent / "docs/tensorboard.md"
).read_text()
RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, (48, 6)).astype("float32")
Y = (np.arange(48) % 3).astype("int32")


def network(norm="batch", **compiled):
    keras.utils.set_random_seed(0)
    model = zoo.mlp((6,), 3, norm=norm, depth=1, width=4)
    return compiled_model(model, **compiled)


def compiled_model(model, **compiled):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        **{"optimizer": keras.optimizers.SGD(0.1), "loss": loss, **compiled}
    )
    return model


def fit(model, *callbacks, x=X, **options):
    # The order of the batches is the seed's.
    keras.utils.set_random_seed(1)
    model.fit(
        x,
        Y[: len(x)],
        **{"batch_size": 16, "verbose": 0, "epochs": 2, **options},
        callbacks=list(callbacks),
    )
    return model


def events(folder):
    sizes = {"tensors": 0, "histograms": 0}
    return event_accumulator.EventAccumulator(
        str(folder / "norms"), sizes
    ).Reload()


def series(found, tag):
    return {
        event.step: tf.make_ndarray(event.tensor_proto)
        for event in found.Tensors(tag)
    }


def value(found, tag, step):
    return float(series(found, tag)[step])


def check_documented(found):
    """Each tag is in a table of the document."""
    tags = found.Tags()["tensors"]
    assert tags
    for tag in tags:
        first, _, path = tag.partition("/")
        first = re.sub("(?<!unit)_(input|recurrent|cell)", "_SITE", first)
        assert f"`{first}{'/PATH' * bool(path)}`" in DOCUMENT, tag


def noisy():
    """Dropout, whose noise must not move, and Adam."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.Dropout(0.5, seed=3))
    model.add(keras.layers.Dense(3))
    return compiled_model(model, optimizer="adam", metrics=["accuracy"])


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


RECURRENT = {
    "batch": (layers.BatchNormLSTM, {"max_timesteps": 5}, True),
    "batch, GRU": (layers.BatchNormGRU, {}, True),
    "layer": (layers.LayerNormGRU, {}, False),
    "layer, LSTM": (layers.LayerNormLSTM, {}, False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_norms_have_heat_maps(name, tmp_path):
    make, options, moving = RECURRENT[name]
    inputs = keras.Input((5, 2))
    layer = make(4, return_sequences=True, **options)
    x = keras.layers.GlobalAveragePooling1D()(layer(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    sequences = RNG.normal(size=(48, 5, 2)).astype("float32")
    fit(
        compiled_model(model),
        NormStatistics(tmp_path, every=100),
        x=sequences,
        epochs=1,
    )
    found = events(tmp_path)
    tags = set(found.Tags()["tensors"])
    shown = series(found, f"mean_over_time/{layer.name}")[2]
    picture = tf.io.decode_png(shown[2])
    assert picture.shape == (4 * 48, 5 * 48, 3)
    tag = f"moving_mean_input_over_time/{layer.name}"
    assert (tag in tags) is moving
    for site in layer.cell.sites:
        for kind in KINDS:
            tag = f"batch_{kind}_{site.name}_over_time/{layer.name}"
            assert tag in tags
    check_documented(found)


class Cell(keras.layers.Layer):
    """A recurrent cell of a user's own, with a norm in it."""

    def __init__(self, norm, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = 4
        self.dense = keras.layers.Dense(4)
        self.norm = norm

    def build(self, shape):
        self.dense.build((None, shape[-1] + 4))
        self.norm.build((None, 4))
        self.built = True

    def product(self, x, state):
        return self.dense(tf.concat([x, state], -1))

    def call(self, x, states, training=None):
        h = tf.tanh(self.norm(self.product(x, states[0]), training=training))
        return h, [h]


def of_sequences(layer, *front):
    """A classifier of sequences whose length is known."""
    stack = [keras.Input((5, 2)), *front, layer]
    if layer.return_sequences:
        stack.append(keras.layers.GlobalAveragePooling1D())
    stack.append(keras.layers.Dense(3, name="logits"))
    return compiled_model(keras.Sequential(stack, name="sequences"))


def sequences(padded=False):
    x = np.random.default_rng(1).normal(size=(16, 5, 2)).astype("float32")
    if padded:
        x[:8, 3:] = 0
        x[:, 4:] = 0  # a step that no sequence has
    return x


def look(model, x, folder, every=100):
    """The events of a second step on sequences in their order."""
    fit(model, x=x, epochs=1, shuffle=False)
    moving = {v.path: v.numpy() for v in model.non_trainable_variables}
    weights = [w.numpy() for w in model.trainable_weights]
    watch = NormStatistics(folder, every=every)
    with Maps() as maps:
        fit(model, watch, x=x, epochs=1, shuffle=False)
    after = [w.numpy() for w in model.trainable_weights]
    for weight, value in zip(model.trainable_weights, weights, strict=True):
        weight.assign(value)
    assert any((a != b).any() for a, b in zip(after, weights, strict=True))
    return events(folder), moving, maps.drawn


class Maps:
    """Keeps the numbers that pictures are drawn of."""

    def __enter__(self):
        self.drawn = []
        self._draw = norm_statistics.heat_map

        def draw(values):
            self.drawn.append(np.asarray(values))
            return self._draw(values)

        norm_statistics.heat_map = draw
        return self

    def __exit__(self, *error):
        norm_statistics.heat_map = self._draw


def expected_steps(given, real):
    """Mean and variance of each step of arrays (batch, time, units)."""
    shown = np.where(real[..., np.newaxis], given.astype("float64"), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an empty step
        return np.nanmean(shown, 0), np.nanvar(shown, 0)


def check_distances(found, name, path, batch, moving, epsilon):
    variance = batch[1] + epsilon
    for kind, values in (
        ("mean", (moving[0] - batch[0]) / np.sqrt(variance)),
        ("variance", np.log((moving[1] + epsilon) / variance)),
    ):
        tag = f"{kind}_distance{name}"
        overall = value(found, f"{tag}/{path}", 2)
        expected = np.sqrt(np.nanmean(values**2))
        assert overall == pytest.approx(expected, rel=1e-4)
        bars = series(found, f"{tag}_through_time/{path}")[2][:, 2]
        expected = np.nan_to_num(np.sqrt((values**2).mean(1)))
        np.testing.assert_allclose(bars, expected, rtol=1e-4)


CELLS = {
    "batch norm": (keras.layers.BatchNormalization, {}, False),
    "unrolled": (layers.BatchNormalization, {"unroll": True}, False),
    "backwards": (
        keras.layers.LayerNormalization,
        {"go_backwards": True},
        True,
    ),
    "padding": (layers.LayerNormalization, {"return_sequences": True}, True),
}


@pytest.mark.slow
@pytest.mark.quick("batch norm")
@pytest.mark.parametrize("name", CELLS)
def test_norms_in_a_cell_are_seen_at_each_step(name, tmp_path):
    make, options, padded = CELLS[name]
    cell, x = Cell(make(name="inner")), sequences(padded)
    front = [keras.layers.Masking()] * padded
    layer = keras.layers.RNN(cell, **options)
    model = of_sequences(layer, *front)
    found, moving, maps = look(model, x, tmp_path)
    state, given, real = np.zeros((16, 4), "float32"), [], (x != 0).any(-1)
    if options.get("go_backwards"):
        x, real = x[:, ::-1], real[:, ::-1]
    for step in range(5):
        given.append(cell.product(x[:, step], state).numpy())
        values = given[-1]
        if hasattr(cell.norm, "moving_mean"):
            values = (values - values.mean(0)) / np.sqrt(
                values.var(0) + cell.norm.epsilon
            )
            values = values * cell.norm.gamma + cell.norm.beta
        else:
            values = cell.norm(values)
        state = np.where(real[:, step, None], np.tanh(values), state)
    given = np.stack(given, 1)
    mean, variance = expected_steps(given, real)
    shown, *more = maps
    np.testing.assert_allclose(shown, mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(more[0], variance, rtol=1e-4, atol=1e-5)
    assert len(more) == 1
    buckets = series(found, "inputs/inner")[2]
    assert buckets[:, 2].sum() == real.sum() * 4
    if hasattr(cell.norm, "moving_mean"):
        moved = [moving[getattr(cell.norm, f"moving_{k}").path] for k in KINDS]
        batch = mean, variance
        check_distances(found, "", "inner", batch, moved, cell.norm.epsilon)
    check_documented(found)


class Choosing(Cell):
    """Its norm is called in a branch, which is a graph of its own."""

    def call(self, x, states, training=None):
        z = self.product(x, states[0])
        h = tf.cond(tf.size(z) > 0, lambda: self.norm(z), lambda: z)
        return h, [h]


@pytest.mark.slow
def test_a_norm_in_a_branch_is_not_seen(tmp_path):
    cell = Choosing(keras.layers.LayerNormalization(name="inner"))
    model = of_sequences(keras.layers.RNN(cell))
    found, _, maps = look(model, sequences(), tmp_path)
    tags = found.Tags()["tensors"]
    assert "gradient_norm/all" in tags
    assert "inputs/inner" not in tags
    assert not maps


KINDS = ("mean", "variance")


def steps_by_hand(layer, x, real):
    """What the norms of a simple recurrent layer are given, step by step."""
    weights = {w.name: w.numpy() for w in layer.weights}
    state = np.zeros((len(x), layer.units))
    given = {"input": [], "recurrent": []}
    by_batch = hasattr(layer, "statistics")
    for step in range(x.shape[1]):
        total, mine = weights["bias"], real[:, step]
        for site, factor, kernel in (
            ("input", x[:, step], "kernel"),
            ("recurrent", state, "recurrent_kernel"),
        ):
            product = factor @ weights[kernel]
            given[site].append(product)
            over, axis = (product[mine], 0) if by_batch else (product, 1)
            mean, variance = 0.0, 1.0
            if over.size:
                mean = over.mean(axis, keepdims=True)
                variance = over.var(axis, keepdims=True)
            normal = (product - mean) / np.sqrt(variance + layer.epsilon)
            total = total + normal * weights[f"gamma_{site}"]
            total = total + weights.get(f"beta_{site}", 0.0)
        state = np.where(mine[:, None], np.tanh(total), state)
    return {site: np.stack(values, 1) for site, values in given.items()}


SITES = {
    "batch, padding": (layers.BatchNormSimpleRNN, {"max_timesteps": 3}, True),
    "batch, one row": (layers.BatchNormSimpleRNN, {"per_timestep": False}, 0),
    "layer, padding": (layers.LayerNormSimpleRNN, {}, True),
}


@pytest.mark.slow
@pytest.mark.quick("layer, padding", "batch, padding")
@pytest.mark.parametrize("name", SITES)
def test_norms_of_recurrent_layers_are_seen_at_each_step(name, tmp_path):
    make, options, padded = SITES[name]
    x = sequences(padded)
    layer = make(4, name="steps", **options)
    model = of_sequences(layer, *[keras.layers.Masking()] * padded)
    found, moving, maps = look(model, x, tmp_path)
    real = (x != 0).any(-1)
    given = steps_by_hand(layer, x.astype("float64"), real)
    for place, (site, values) in enumerate(given.items()):
        batch = expected_steps(values, real)
        for shown, expected in zip(maps[2 * place :], batch, strict=False):
            np.testing.assert_allclose(shown, expected, rtol=1e-3, atol=1e-5)
        tags = found.Tags()["tensors"]
        for kind in KINDS:
            assert f"batch_{kind}_{site}_over_time/steps" in tags
        if not hasattr(layer, "statistics"):
            continue
        statistics = layer.statistics
        rows = moving[statistics.moving_weight.path]
        row = np.minimum(np.arange(5), (rows > 0).sum() - 1)
        moved = [
            moving[getattr(statistics, f"moving_{k}_{site}").path][row]
            for k in KINDS
        ]
        name = f"_{site}"
        check_distances(found, name, "steps", batch, moved, layer.epsilon)
    check_documented(found)


@pytest.mark.slow
def test_the_gradient_through_time_is_that_to_each_input(tmp_path):
    x = RNG.normal(size=(16, 5, 2)).astype("float32")
    layer, inputs = layers.LayerNormGRU(4, name="steps"), keras.Input((5, 2))
    logits = keras.layers.Dense(3)(layer(inputs))
    model = compiled_model(keras.Model(inputs, logits))
    fit(model, x=x, epochs=1)
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(x))
        loss = model.loss(Y[:16], model(given, training=True))
    expected = tf.norm(tape.gradient(loss, given), axis=(0, 2)).numpy()
    fit(model, NormStatistics(tmp_path), x=x, epochs=1, shuffle=False)
    found = events(tmp_path)
    bars = series(found, "gradient_norm_through_time/steps")[2][:, 2]
    np.testing.assert_allclose(bars, expected, rtol=1e-4)
    check_documented(found)


@pytest.mark.slow
def test_masked_positions_do_not_count(tmp_path):
    x = RNG.normal(size=(16, 5, 2)).astype("float32")
    x[:8, 3:] = 0  # padding
    x[:, 4:] = 0  # a step that no sequence has
    inputs = keras.Input((None, 2))
    norm = keras.layers.BatchNormalization(name="norm")
    layer = layers.LayerNormGRU(3, return_sequences=True, name="steps")
    steps = layer(norm(keras.layers.Masking()(inputs)))
    pooled = keras.layers.GlobalAveragePooling1D()(steps)
    model = keras.Model(inputs, keras.layers.Dense(3)(pooled))
    model = fit(compiled_model(model), x=x, epochs=1)
    moving = norm.moving_mean.numpy()
    fit(model, NormStatistics(tmp_path), x=x, epochs=1, shuffle=False)
    found, real = events(tmp_path), x[(x != 0).any(-1)]
    buckets = series(found, "inputs/norm")[2]
    assert buckets[:, 2].sum() == real.size
    median = value(found, "unit_input_50/norm", 2)
    assert median == pytest.approx(np.median(real[:, 1]), rel=1e-5)
    offset = (moving - real.mean(0)) ** 2 / (real.var(0) + norm.epsilon)
    distance = value(found, "mean_distance/norm", 2)
    assert distance == pytest.approx(np.sqrt(offset.mean()), rel=1e-4)
    picture = tf.io.decode_png(series(found, "mean_over_time/steps")[2][2])
    white = (picture.numpy() == 255).all((0, 2))
    width = len(white) // 5
    assert white[4 * width :].all()
    assert not white[: 4 * width].any()


def bfloat16():
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,))], name="half")
    model.add(keras.layers.Dense(4, dtype=policy, name="dense"))
    model.add(layers.LayerNormalization(dtype=policy, name="norm"))
    model.add(keras.layers.Dense(3, dtype="float32", name="logits"))
    return compiled_model(model)


def scaled():
    model = network("layer")
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=8.0
    )
    return compiled_model(model, optimizer=optimizer)


def of_steps():
    keras.utils.set_random_seed(0)
    return of_sequences(layers.LayerNormGRU(4, name="steps"))


#: Model -> (what makes it, relative tolerance).
REPLICATED = {
    "several steps a call": (
        lambda: network("layer", steps_per_execution=2),
        1e-5,
    ),
    "eager": (lambda: network("layer", run_eagerly=True), 1e-5),
    "mixed precision": (bfloat16, 2e-2),
    "a scaled loss": (scaled, 1e-5),
    "a recurrent layer": (of_steps, 1e-5),
}


def sizes_of(make, folder):
    """Tag -> step -> value, or heights of bars, of gradients and weights."""
    model = make()
    x = X
    if len(model.input_shape) > 2:
        x = np.random.default_rng(2).normal(size=(48, 5, 2)).astype("float32")
    fit(model, NormStatistics(folder, every=1), x=x, epochs=1)
    found = events(folder)
    sizes = {
        tag: series(found, tag)
        for tag in found.Tags()["tensors"]
        if "_norm/" in tag or tag.startswith("gradient_norm_through")
    }
    for tag, values in sizes.items():
        if "_through_" in tag:
            sizes[tag] = {k: bars[:, 2] for k, bars in values.items()}
    check_documented(found)
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLICATED)
def test_replicas_show_what_one_device_does(name, two_replicas, tmp_path):
    make, tolerance = REPLICATED[name]
    one = sizes_of(make, tmp_path / "one")

    def several():
        with two_replicas.scope():
            return make()

    two = sizes_of(several, tmp_path / "two")
    assert set(one) == set(two)
    assert any(tag.startswith("gradient_norm/") for tag in one)
    for tag, values in one.items():
        assert set(values) <= set(two[tag])
        for step, value in values.items():
            shown = two[tag][step]
            np.testing.assert_allclose(shown, value, tolerance, err_msg=tag)


@pytest.mark.slow
def test_training_with_replicas_is_bitwise_the_same(two_replicas, tmp_path):
    def trained(*callbacks):
        with two_replicas.scope():
            model = noisy()
        # The last batch is smaller.
        return fit(model, *callbacks, x=X[:37])

    watched = trained(NormStatistics(tmp_path, every=1))
    alone = trained()
    for one, other in zip(
        [*watched.variables, *watched.optimizer.variables],
        [*alone.variables, *alone.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    found = events(tmp_path)
    steps = list(series(found, "gradient_norm/all"))
    assert steps == [1, 2, 3, 4, 5, 6]
    assert any(t.startswith("mean_distance/") for t in found.Tags()["tensors"])
    check_documented(found)


@pytest.mark.slow
def test_norms_of_replicas_are_those_of_the_first(two_replicas, tmp_path):
    with two_replicas.scope():
        model = network()
    dense = next(x for x in model.layers if isinstance(x, keras.layers.Dense))
    norm = next(x for x in model.layers if hasattr(x, "moving_mean"))
    # Half of the batch, which is not shuffled.
    inputs = dense(X[:8]).numpy()
    watch = NormStatistics(tmp_path)
    fit(model, watch, x=X[:16], epochs=1, shuffle=False)
    found = events(tmp_path)
    median = value(found, f"unit_input_50/{norm.name}", 1)
    assert median == pytest.approx(np.median(inputs[:, 2]), rel=1e-5)


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
