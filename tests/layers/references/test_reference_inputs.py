"""A `ReferenceModel` takes the inputs that the bare model takes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers import ReferenceModel, VirtualBatchNormalization

RNG = np.random.default_rng(0)
#: So far apart that nothing of `a` can pass for `b`.
A = RNG.normal(0.25, 1.0, (8, 3)).astype("float32")
B = RNG.normal(100.0, 1.0, (8, 3)).astype("float32")
C = RNG.normal(-50.0, 1.0, (8, 3)).astype("float32")

#: Name -> structure that a model's inputs may have.
MODELS = {
    "list": lambda a, b: [b, a],
    "tuple": lambda a, b: (b, a),
    "dict": lambda a, b: {"b": b, "a": a},
    "dict sorted": lambda a, b: {"a": a, "b": b},
    "nested": lambda a, b: {"inner": {"b": b}, "a": a},
    "list of a dict": lambda a, b: [b, {"a": a}],
}
#: Model -> structures of data that it takes.
DATA = {
    "list": ["list", "tuple", "dict", "dict sorted", "more"],
    "tuple": ["list", "tuple", "dict", "more"],
    "dict": ["dict", "dict sorted", "more", "first more"],
    "dict sorted": ["dict", "dict sorted", "more", "first more"],
    "nested": ["nested"],
    "list of a dict": ["list of a dict"],
}
FORMS = {
    **MODELS,
    "more": lambda a, b: {"b": b, "a": a, "c": C[: len(a)]},
    # Keras goes through dicts by their sorted keys.
    "first more": lambda a, b: {"a": a, "b": b, "_": C[: len(a)]},
}
CASES = [(model, data) for model, names in DATA.items() for data in names]


def bare(structure):
    """Returns a model of two inputs, with norms behind them."""
    a = keras.Input((3,), name="a")
    b = keras.Input((3,), name="b")
    norm_a = VirtualBatchNormalization(name="norm_a")
    norm_b = VirtualBatchNormalization(name="norm_b")
    y = keras.layers.Concatenate()([norm_a(a), 2 * norm_b(b)])
    outputs = keras.layers.Dense(1, name="y")(y)
    return keras.Model(MODELS[structure](a, b), outputs)


def wrapped(structure, data):
    model = ReferenceModel(bare(structure), FORMS[data](A[:5], B[:5]))
    model.refresh()
    return model


def check_reference(model):
    for name, array in (("norm_a", A), ("norm_b", B)):
        norm = model.model.get_layer(name)
        np.testing.assert_allclose(
            norm.reference_mean, array[:5].mean(0), rtol=1e-5
        )
        assert norm.reference_count.numpy().tolist() == [5, 5, 5]


@pytest.mark.slow
@pytest.mark.parametrize(("structure", "data"), CASES)
def test_structures(structure, data):
    model = wrapped(structure, data)
    check_reference(model)
    expected = model.model(MODELS[structure](A, B), training=False)
    inputs = FORMS[data](A, B)
    for training in (False, True):
        outputs = model(inputs, training=training)
        np.testing.assert_allclose(outputs, expected, 1e-5, 1e-5)
    check_reference(model)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("structure", "data", "as_dataset"),
    [
        ("list", "more", True),
        ("dict", "first more", False),
        ("nested", "nested", True),
    ],
)
def test_structures_in_fit_and_in_files(structure, data, as_dataset, tmp_path):
    inputs = FORMS[data](A, B)
    dataset = tf.data.Dataset.from_tensor_slices((inputs, A[:, :1]))
    model = ReferenceModel(
        bare(structure),
        dataset.batch(5) if as_dataset else FORMS[data](A[:5], B[:5]),
    )
    model.compile(keras.optimizers.SGD(0.01), "mse")
    if as_dataset:
        fitted = {"x": dataset.batch(3)}
    else:
        fitted = {"x": inputs, "y": A[:, :1]}
    model.fit(**fitted, verbose=0)
    check_reference(model)
    expected = model.model(MODELS[structure](A, B), training=False)
    loss = np.mean((expected - A[:, :1]) ** 2)
    assert model.evaluate(**fitted, verbose=0) == pytest.approx(loss, 1e-4)
    outputs = model.predict(fitted["x"], verbose=0)
    np.testing.assert_allclose(outputs, expected, 1e-5, 1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs), expected, 1e-5, 1e-5)
    loaded.refresh()
    check_reference(loaded)
    model.export(tmp_path / "exported", verbose=False)
    served = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(
        served.serve(MODELS[structure](A, B)), expected, 1e-5, 1e-5
    )


@pytest.mark.parametrize("sequential", [True, False])
def test_a_dict_for_one_input(sequential):
    x = keras.Input((3,), name="x")
    norm = VirtualBatchNormalization()
    if sequential:
        inside = keras.Sequential([x, norm])
    else:
        inside = keras.Model(x, norm(x))
    model = ReferenceModel(inside, {"x": B[:5], "more": A})
    outputs = model({"x": B, "more": A}, training=True)
    np.testing.assert_allclose(outputs, model(B), 1e-5, 1e-5)
    np.testing.assert_allclose(norm.reference_mean, B[:5].mean(0), 1e-5)


BYTES = RNG.integers(0, 3, (8, 3)).astype("uint8")


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "float16"])
def test_dtypes_of_reference_and_data_may_differ(dtype):
    reference = np.full((2, 3), 0.6)
    reference[1] = 1.5
    norm = VirtualBatchNormalization()
    inside = keras.Sequential([keras.Input((3,)), norm])
    model = ReferenceModel(inside, reference)
    assert model.reference[0].dtype == "float32"
    outputs = model(BYTES.astype(dtype), training=True)
    np.testing.assert_allclose(norm.reference_mean, [1.05] * 3, 1e-5)
    np.testing.assert_allclose(outputs, model(BYTES.astype("float32")), 1e-6)
    turned = ReferenceModel(inside, BYTES.astype(dtype))
    turned(reference, training=True)
    np.testing.assert_allclose(norm.reference_mean, BYTES.mean(0), 1e-5)


def test_the_dtype_is_that_of_the_models_input():
    x = keras.Input((3,), dtype="uint8")
    norm = VirtualBatchNormalization()
    inside = keras.Model(x, norm(keras.layers.Rescaling(1 / 2)(x)))
    model = ReferenceModel(inside, BYTES.astype("float64"))
    assert model.reference[0].dtype == "uint8"
    model(BYTES.astype("float32"), training=True)
    np.testing.assert_allclose(norm.reference_mean, BYTES.mean(0) / 2, 1e-5)


def test_a_missing_axis_is_added_as_the_model_does_it():
    norm = VirtualBatchNormalization()
    inside = keras.Sequential([keras.Input((1,)), norm])
    model = ReferenceModel(inside, B[:5, 0])
    np.testing.assert_allclose(
        model(B[:, 0], training=True), model(B[:, :1]), 1e-5
    )


@pytest.mark.keras((3, 13))
def test_an_optional_input_may_be_missing():
    class Sum(keras.layers.Layer):
        def call(self, x, y=None):
            return x if y is None else x + y

    x, y = keras.Input((3,)), keras.Input((3,), optional=True)
    norm = VirtualBatchNormalization()
    inside = keras.Model([x, y], norm(Sum()(x, y)))
    without = ReferenceModel(inside, [A, None])
    np.testing.assert_allclose(
        without([A, None], training=True), without([A, None]), 1e-5, 1e-5
    )
    with pytest.raises(ValueError, match="for both the reference"):
        without([A, B], training=True)
    copy = ReferenceModel.from_config(
        without.get_config(), custom_objects={"Sum": Sum}
    )
    assert len(copy.reference) == 1
    ReferenceModel(inside, [A, B])([A, B], training=True)
    np.testing.assert_allclose(norm.reference_mean, (A + B).mean(0), 1e-5)


# Keras warns of any model around layers that use the mask.
@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_masks_of_the_examples_count():
    norm = VirtualBatchNormalization()
    inside = keras.Sequential([keras.Input((4, 3)), norm])
    x = RNG.normal(size=(6, 4, 3)).astype("float32")
    model = ReferenceModel(inside, x[:3])
    masked = keras.layers.Masking(0.0)(x * (RNG.random((6, 4, 1)) < 0.6))
    outputs = model(masked, training=True)
    np.testing.assert_allclose(outputs, model(masked), 1e-5, 1e-5)


def test_it_has_the_shapes_of_a_functional_model():
    inside = bare("dict")
    model = ReferenceModel(inside, {"a": A, "b": B})
    for name in ("inputs", "outputs", "input", "output", "output_names"):
        assert getattr(model, name) == getattr(inside, name)
    assert model.input_shape == inside.input_shape
    assert model.output_shape == inside.output_shape == (None, 1)
    model.compile("sgd", loss={"y": "mse"})
    model.fit({"a": A, "b": B}, A[:, :1], verbose=0)
    chain = keras.Sequential([keras.Input((3,)), VirtualBatchNormalization()])
    model = ReferenceModel(chain, A)
    assert model.input_shape == model.output.shape == (None, 3)
    assert keras.Sequential([model, keras.layers.Dense(2)]).output_shape == (
        None,
        2,
    )
    assert not hasattr(model, "output_names")  # as of the model inside


@pytest.mark.slow
def test_export_needs_no_call(tmp_path):
    norm = VirtualBatchNormalization()
    model = ReferenceModel(keras.Sequential([keras.Input((3,)), norm]), A)
    model.export(tmp_path, verbose=False)
    served = tf.saved_model.load(tmp_path)
    np.testing.assert_allclose(served.serve(B), model(B), 1e-6, 1e-6)


@pytest.mark.parametrize(
    "reference",
    [[A], [A, B, C], {"a": A}, {"a": A, "d": B}, [A, B[:4]], [A, B[:, :2]]],
)
def test_references_that_do_not_fit_are_refused(reference):
    with pytest.raises(ValueError, match="reference batch must have"):
        ReferenceModel(bare("list"), reference)
