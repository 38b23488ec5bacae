"""A model's file that is written again holds what Keras would save."""

import json
import zipfile

import keras
import numpy as np
import pytest

from normzoo import layers, zoo
from normzoo.trainers.common.precision import dtype_policy
from normzoo.trainers.run.checkpointing.model_file import ModelFile

from ..equal_runs import weights

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 1)


def mlp(norm, **knobs):
    return zoo.MODELS["mlp"](SHAPE, 3, depth=2, width=4, norm=norm, **knobs)


def rnn():
    return zoo.MODELS["stacked_rnn"](
        (4, 3), 3, cell="lstm", units=(4,), norm="batch", dropout=0.1
    )


def behind(layer, shape=(4,), dtype=None):
    """Returns a model of a layer and a norm behind it."""
    inputs = keras.Input(shape, dtype=dtype)
    x = keras.layers.BatchNormalization()(layer(inputs))
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def spectral():
    return behind(layers.SpectralNormalization(keras.layers.Dense(4)))


def referring():
    return layers.ReferenceModel(mlp("virtual"), RNG.random((6, *SHAPE)))


def shared():
    constant = keras.initializers.RandomNormal(seed=1)
    x = inputs = keras.Input((4,))
    for _ in range(2):
        x = keras.layers.Dense(4, kernel_initializer=constant)(x)
    return keras.Model(inputs, x)


@keras.saving.register_keras_serializable("test_model_file")
class Doubling(keras.layers.Dense):
    """Saves something else than its variables."""

    def save_own_variables(self, store):
        for i, variable in enumerate(self.variables):
            store[str(i)] = 2 * variable.numpy()

    def load_own_variables(self, store):
        for i, variable in enumerate(self.variables):
            variable.assign(store[str(i)] / 2)


def referring_to_classes():
    inputs = keras.Input((1,), dtype="int64")
    x = keras.layers.Flatten()(keras.layers.Embedding(9, 2)(inputs))
    x = layers.VirtualBatchNormalization()(x)
    return layers.ReferenceModel(
        keras.Model(inputs, keras.layers.Dense(3)(x)), np.arange(4)[:, None]
    )


def words():
    lookup = keras.layers.StringLookup()
    lookup.adapt(["a", "b"])
    x = inputs = keras.Input((1,), dtype="string")
    for layer in (
        lookup,
        keras.layers.Embedding(4, 2),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ):
        x = layer(x)
    return keras.Model(inputs, x)


#: How to make a model, and whether all of its file is known after the first.
MODELS = {
    "batch": (lambda: mlp("batch", dropout=0.2), True),
    "ghost": (lambda: mlp("ghost_batch"), True),
    "recurrent": (rnn, True),
    "weights": (spectral, True),
    "initializers": (shared, True),
    "empty": (lambda: behind(keras.layers.Dense(4), (0,)), True),
    # Computes the statistics of its reference when it is saved.
    "virtual": (referring, False),
    "virtual of classes": (referring_to_classes, False),
    "assets": (words, False),
    "others": (lambda: behind(Doubling(4)), False),
}
OPTIMIZERS = {
    "float32": lambda: keras.optimizers.Adam(ema_momentum=0.9, use_ema=True),
    "mixed_float16": lambda: keras.optimizers.SGD(momentum=0.9),
    "mixed_bfloat16": lambda: keras.optimizers.AdamW(),
}


def compiled(make, precision="float32"):
    with dtype_policy(precision):
        model = make()
    model.compile(OPTIMIZERS[precision](), keras.losses.MeanSquaredError())
    model.optimizer.build(model.trainable_variables)
    return model


def change(model):
    """Gives all variables, and the config, other values."""
    for variable in model.variables:
        value = variable.numpy()
        if value.dtype.kind in "iu":
            variable.assign(value + 1)
        else:
            variable.assign(RNG.random(value.shape).astype(value.dtype))
    model.optimizer.learning_rate = RNG.random()
    model.optimizer.iterations.assign_add(1)


def values(model):
    return [v.numpy() for v in [*model.variables, *model.optimizer.variables]]


def contents(path):
    """Returns the parts of a file; arrays as bytes, by name."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    arrays = {
        name: (None if array is None else array.tobytes(), attributes)
        for name, (array, attributes) in weights(path).items()
    }
    assert json.loads(parts.pop("metadata.json"))["keras_version"]
    return parts.keys(), json.loads(parts["config.json"]), arrays


@pytest.fixture
def saves(monkeypatch):
    """Where Keras has saved a model, a list that grows."""
    made, save = [], keras.Model.save

    def noted(self, path, *args, **kwargs):
        made.append(path)
        return save(self, path, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "save", noted)
    return made


def check(model, is_known, saves, folder):
    file = ModelFile(model)
    for number in range(3):
        before = values(model)
        saves.clear()
        file.save(str(folder / "quick.keras"))
        assert bool(saves) == (number == 0 or not is_known)
        if is_known:
            for now, value in zip(values(model), before, strict=True):
                np.testing.assert_array_equal(now, value)
        model.save(folder / "keras.keras")
        quick, whole = (
            contents(folder / f"{name}.keras") for name in ("quick", "keras")
        )
        assert quick == whole
        change(model)


@pytest.mark.quick("batch", "others")
@pytest.mark.parametrize("name", MODELS)
def test_it_holds_what_keras_saves(name, saves, tmp_path):
    make, is_known = MODELS[name]
    check(compiled(make), is_known, saves, tmp_path)


@pytest.mark.quick("mixed_float16")
@pytest.mark.parametrize("precision", OPTIMIZERS)
def test_all_types_are_saved(precision, saves, tmp_path):
    def make():
        return behind(keras.layers.Dense(4, dtype="bfloat16"))

    check(compiled(make, precision), True, saves, tmp_path)


def test_it_is_loaded(tmp_path):
    model = compiled(lambda: mlp("batch"))
    file = ModelFile(model)
    for number in range(2):
        change(model)
        file.save(str(tmp_path / f"{number}.keras"))
    loaded = keras.models.load_model(tmp_path / "1.keras")
    x = RNG.random((5, *SHAPE))
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
    for ours, theirs in zip(values(model), values(loaded), strict=True):
        np.testing.assert_array_equal(ours, theirs)
