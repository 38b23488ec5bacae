"""New models like a user's, and what its metrics mean."""

import keras
import numpy as np
import pytest

from normzoo.layers import SpectralNormalization, WeightNormalization
from normzoo.layers.weight_norms.base import WeightNorm
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.own import files
from normzoo.trainers.own.measures import metrics_of
from normzoo.trainers.own.models import build
from normzoo.trainers.own.optimizers import learning_rate_of, optimizer_like

Dense = keras.layers.Dense
SHAPE = (5,)
LOSS = "sparse_categorical_crossentropy"


def compiled(optimizer="adam", metrics=("accuracy",), loss=LOSS):
    scale = keras.layers.Normalization(name="scale")
    scale.adapt(np.array([[1.0] * 5, [3.0] * 5]))
    frozen = keras.layers.Dense(
        5, name="frozen", trainable=False, kernel_initializer="ones"
    )
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            scale,
            frozen,
            keras.layers.Dense(6, use_bias=False, name="first"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3, activation="softmax", name="last"),
        ]
    )
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


@pytest.fixture
def path(tmp_path):
    model = compiled()
    model.get_layer("norm").moving_mean.assign([7.0] * 6)
    return str(files.save(model, tmp_path))


def made(path, norm="as_is", seed=0, start="fresh", shape=SHAPE, **arguments):
    return build(
        shape, 3, seed=seed, path=path, norm=norm, start=start, **arguments
    )


def weight(model, layer, name="kernel"):
    return getattr(model.get_layer(layer), name).numpy()


@pytest.mark.quick("virtual")
@pytest.mark.parametrize("norm", ["none", "layer", "group", "virtual"])
def test_all_norms_start_with_the_same_weights(path, norm):
    one, other = made(path), made(path, norm)
    for layer in ("first", "last", "frozen"):
        np.testing.assert_array_equal(weight(one, layer), weight(other, layer))
    kernel = weight(made(path, norm, seed=1), "first")
    assert np.abs(kernel - weight(other, "first")).max() > 0.01


def noise_of(model):
    return next(x.variables for x in model.layers if "dropout" in x.name)


def test_fresh_weights_are_those_that_training_changes(path):
    source, model = files.load(path), made(path, seed=5)
    assert weight(source, "norm", "moving_mean")[0] == 7
    assert weight(model, "norm", "moving_mean")[0] == 0
    for layer in ("frozen", "scale"):
        name = "mean" if layer == "scale" else "kernel"
        kept = weight(model, layer, name)
        np.testing.assert_array_equal(kept, weight(source, layer, name))
    assert np.abs(weight(model, "first") - weight(source, "first")).max() > 0.01
    noises = [noise_of(made(path, seed=seed)) for seed in (0, 1)]
    assert noises[0]
    assert (noises[0][0].numpy() != noises[1][0].numpy()).any()


def test_a_start_with_the_weights_of_the_file(path):
    model, source = made(path, "layer", start="weights"), files.load(path)
    for layer in ("first", "last"):
        expected = weight(source, layer)
        np.testing.assert_array_equal(weight(model, layer), expected)


def test_a_file_is_named_by_what_is_in_it(tmp_path):
    model = compiled()
    first = files.save(model, tmp_path)
    assert files.save(model, tmp_path) == first
    model.get_layer("first").kernel.assign(np.ones((5, 6)))
    second = files.save(model, tmp_path)
    model.compile("sgd", LOSS)
    assert len({first, second, files.save(model, tmp_path)}) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_fresh_starts_tell_no_weights_apart_that_they_draw(tmp_path):
    model = compiled()
    first = files.save(model, tmp_path, "fresh")
    # Keras numbers the names of another one.
    assert files.save(compiled(), tmp_path, "fresh") == first
    model.get_layer("first").kernel.assign(np.ones((5, 6)))
    assert files.save(model, tmp_path, "fresh") == first
    model.get_layer("frozen").kernel.assign(np.zeros((5, 5)))
    assert files.save(model, tmp_path, "fresh") != first


def test_a_file_tells_layers_apart(tmp_path):
    models = [keras.Sequential([keras.Input((2,)), Dense(1)])]
    for activation in ("relu", "tanh"):
        model = keras.Sequential([keras.Input((2,)), Dense(1, activation)])
        models.append(model)
    for model in models:
        model.compile("sgd", "mse")
    paths = {files.save(model, tmp_path, "fresh") for model in models}
    assert len(paths) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"shape": (4,)}, r"takes examples of shape \(5,\)"),
        ({"norm": "instance"}, "no norms that 'instance'.*over positions"),
        ({"norm": "layer", "only": ("last",)}, "another shape"),
    ],
)
def test_what_no_model_can_be_made_of(path, arguments, words):
    with pytest.raises(InputError, match=words):
        made(path, **arguments)


class Own(keras.Model):
    """Has a `call` of its own."""


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (3, "an object of type int"),
        (Own(), "no weights yet.*call it once"),
        (keras.Sequential(), "no weights yet"),
        (keras.Sequential([keras.Input((2,)), Dense(1)]), "not compiled"),
    ],
)
def test_models_that_cannot_be_trained(model, words):
    with pytest.raises(InputError, match=words):
        files.checked(model)


def test_a_file_that_is_no_model(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("nothing")
    with pytest.raises(InputError, match="cannot be loaded"):
        files.load(str(path))


@pytest.mark.parametrize(
    ("metric", "name", "higher", "bounds"),
    [
        ("accuracy", "accuracy", True, (0, 1)),
        ("acc", "acc", True, (0, 1)),
        (keras.metrics.AUC(name="area"), "area", True, (0, 1)),
        ("mse", "mse", False, (0, np.inf)),
        (keras.metrics.RootMeanSquaredError(), None, False, (0, np.inf)),
        (keras.metrics.R2Score(), "r2_score", True, (-np.inf, 1)),
    ],
)
def test_metrics_have_a_direction(metric, name, higher, bounds):
    found, loss = metrics_of(compiled(metrics=[metric]))
    assert found.name == name or name is None
    assert (found.higher_is_better, found.bounds) == (higher, bounds)
    assert loss.key == "test_loss"


def test_a_metric_without_a_known_direction_is_no_column():
    metrics = [keras.metrics.Mean(name="own"), "accuracy"]
    names = [each.name for each in metrics_of(compiled(metrics=metrics))]
    assert names == ["accuracy", "loss"]


def test_metrics_are_named_as_logs_name_them():
    metrics = ["accuracy", "mae", keras.metrics.MeanSquaredError(name="own")]
    model = compiled(loss="categorical_crossentropy", metrics=metrics)
    logs = model.test_on_batch(np.ones((2, 5)), np.eye(3)[:2], return_dict=True)
    assert set(logs) == {each.name for each in metrics_of(model)}


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [
        (keras.optimizers.Adam(0.003, beta_1=0.5), 0.003),
        (keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), 0.1),
        (
            keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(0.1, 10)
            ),
            None,
        ),
    ],
)
def test_optimizers_are_like_the_models_own(tmp_path, optimizer, rate):
    path = str(files.save(compiled(optimizer), tmp_path))
    assert learning_rate_of(files.load(path)) == rate
    expected = optimizer.get_config()
    found = optimizer_like(path, 0.5).get_config()
    if rate is not None:
        assert found["learning_rate"] == pytest.approx(0.5)
        del found["learning_rate"], expected["learning_rate"]
    assert found == expected


@pytest.mark.quick("spectral-as_is", "standardization-layer")
@pytest.mark.parametrize("norm", ["as_is", "layer"])
@pytest.mark.parametrize("weight_norm", ["spectral", "standardization"])
def test_kernels_get_a_norm_beside_that_of_activations(path, norm, weight_norm):
    plain = made(path, norm)
    model = made(path, norm, weight_norm=weight_norm)
    wrapped = [x for x in model.layers if isinstance(x, WeightNorm)]
    last = ["last"] if weight_norm == "spectral" else []
    assert [x.name for x in wrapped] == ["frozen", "first", *last]
    for layer in wrapped:
        kernel = layer.layer.kernel
        np.testing.assert_array_equal(kernel, weight(plain, layer.name))
    assert type(model.get_layer("norm")) is type(plain.get_layer("norm"))
    frozen = model.get_layer("frozen")
    assert not frozen.trainable
    x = np.ones((2, *SHAPE), "float32")
    before = [w.numpy() for w in frozen.weights]
    model(x, training=True)
    np.testing.assert_array_equal(before[0], frozen.weights[0])


def test_a_fresh_start_draws_what_norms_of_kernels_learn(tmp_path):
    first = WeightNormalization(Dense(6, name="first"))
    second = SpectralNormalization(Dense(3, name="last"))
    model = keras.Sequential([keras.Input(SHAPE), first, second])
    model.compile("adam", LOSS, metrics=["accuracy"])
    start = second.kernel_u.numpy()
    first.kernel_g.assign([9.0] * 6)
    second.kernel_u.assign([9.0] * 3)
    path = str(files.save(model, tmp_path))
    fresh = made(path)
    layer = fresh.get_layer("first")
    lengths = np.linalg.norm(layer.layer.kernel, axis=0)
    np.testing.assert_allclose(layer.kernel_g, lengths, 1e-5)
    np.testing.assert_array_equal(fresh.get_layer("last").kernel_u, start)
    kept = made(path, start="weights")
    np.testing.assert_array_equal(kept.get_layer("last").kernel_u, [9.0] * 3)
    plain = made(path, weight_norm="none", start="weights")
    assert type(plain.get_layer("first")) is Dense


def test_a_model_without_kernels_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Softmax()])
    model.compile("adam", LOSS, metrics=["accuracy"])
    path = str(files.save(model, tmp_path))
    with pytest.raises(InputError, match="no layer whose kernels 'spectral'"):
        made(path, weight_norm="spectral")
