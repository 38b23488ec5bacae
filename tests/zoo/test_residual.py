"""What the residual networks with any norm promise, beside their formulas."""

import itertools

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from normzoo import layers, zoo

SHAPE = (8, 8, 1)
SMALL = {
    "resnet": {"depth": 8, "width": 4},
    "vit_tiny": {"depth": 1, "width": 16, "head_width": 8},
    "mlp_mixer": {
        "depth": 1,
        "width": 8,
        "token_units": 4,
        "channel_units": 16,
    },
}
#: Each norm before and after, in either version of the ResNet.
NORMS = [
    ("resnet", {"norm": norm, "norm_position": position, "version": version})
    for norm, (position, version) in zip(
        layers.NORMS,
        itertools.cycle(itertools.product(("before", "after"), (1, 2))),
        strict=False,
    )
] + [
    (name, {"norm": norm, "norm_position": position})
    for name in ("vit_tiny", "mlp_mixer")
    for norm, position in zip(
        layers.NORMS, itertools.cycle(("before", "after")), strict=False
    )
]
NORMS_IDS = [f"{name}-{knobs['norm']}" for name, knobs in NORMS]


def build(name, **knobs):
    return zoo.MODELS[name](SHAPE, 10, **{**SMALL[name], **knobs})


def images(count):
    return np.random.default_rng(0).random((count, *SHAPE), np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "knobs"), NORMS, ids=NORMS_IDS)
def test_every_norm(name, knobs):
    """The kernels are those without a norm, and outputs are finite."""
    model = build(name, **knobs)
    assert np.isfinite(model(images(3), training=True)).all()
    plain = build(name, **{**knobs, "norm": "none"})
    other = build(name, **knobs, seed=1)
    kernels = {w.path: w.numpy() for w in model.weights if "kernel" in w.path}
    for weight in plain.weights:
        if "kernel" in weight.path:
            np.testing.assert_array_equal(weight, kernels.pop(weight.path))
    assert not kernels
    for a, b in zip(model.weights, other.weights, strict=True):
        if "kernel" in a.path or "positions/" in a.path:
            assert not np.array_equal(a, b)


@pytest.mark.quick("resnet-scaled_standardization", "vit_tiny-spectral")
@pytest.mark.parametrize(
    "weight_norm", sorted({*layers.WEIGHT_NORMS} - {"none"})
)
@pytest.mark.parametrize("name", SMALL)
def test_every_weight_norm(name, weight_norm):
    model = build(name, weight_norm=weight_norm, branch_start="skip_init")
    assert np.isfinite(model(images(2), training=True)).all()
    wrapped = [x for x in model.layers if isinstance(x, keras.layers.Wrapper)]
    # Patches and an MLP of two layers, and attention or another MLP; seven
    # convolutions.
    linear = {"resnet": 7, "vit_tiny": 4, "mlp_mixer": 5}[name]
    assert len(wrapped) == linear + (weight_norm in ("spectral", "weight"))


@pytest.mark.parametrize("name", SMALL)
def test_a_saved_model_loads(name, tmp_path):
    model = build(name, norm="layer", dropout=0.1, branch_start="skip_init")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images(2)), model(images(2)))


@pytest.mark.parametrize("name", SMALL)
def test_norms_can_be_replaced(name):
    model = build(name, norm="batch")
    result = layers.replace_norms(model, "layer")
    assert not result.left
    norms = [x for x in result.model.layers if x.name.startswith("norm_")]
    assert {type(x) for x in norms} == {layers.LayerNormalization}
    assert len(norms) == len(result.replaced)
    assert np.isfinite(result.model(images(2))).all()


def test_the_norms_of_a_resnet_can_be_folded():
    model = build("resnet", norm="batch", shortcut="projection")
    result = layers.fold_batch_norm(model)
    assert not result.left
    np.testing.assert_allclose(
        result.model(images(2)), model(images(2)), 1e-4, 1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "start", "epochs"),
    [
        ("resnet", "fixup", 3),
        ("resnet", "skip_init", 3),
        ("vit_tiny", "skip_init", 10),
    ],
)
def test_they_train_without_a_norm(name, start, epochs):
    pixels, labels = load_digits(return_X_y=True)
    model = build(name, norm="none", branch_start=start)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2), loss, metrics=["accuracy"])
    x = (pixels / 16).reshape(-1, *SHAPE).astype(np.float32)
    model.fit(x[:1280], labels[:1280], epochs=epochs, verbose=0)
    _, accuracy = model.evaluate(x[1280:], labels[1280:], verbose=0)
    assert accuracy > 0.7


@pytest.mark.parametrize("name", SMALL)
def test_logits_are_float32_under_mixed_precision(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build(name, norm="batch", branch_start="skip_init")
        assert model(images(2)).dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


BAD = [
    ("resnet", {"depth": 12}, "6 n \\+ 2.*depth=12"),
    ("resnet", {"depth": 2}, "depth=2"),
    ("resnet", {"width": 0}, "width=0"),
    ("resnet", {"version": 3}, "Received: 3. Expected 1 or 2"),
    ("resnet", {"shortcut": "a"}, "'a'.*pad, projection"),
    ("resnet", {"branch_start": "zero"}, "'zero'.*plain, skip_init, fixup"),
    (
        "resnet",
        {"branch_start": "fixup", "norm": "batch"},
        "norm='batch'.*skip_init",
    ),
    (
        "resnet",
        {"branch_start": "fixup", "weight_norm": "weight"},
        "weight_norm='weight'.*skip_init",
    ),
    ("vit_tiny", {"branch_start": "fixup"}, "'fixup'.*plain, skip_init"),
    ("vit_tiny", {"width": 20}, "must divide width.*width=20"),
    ("vit_tiny", {"depth": 0}, "depth=0"),
    ("vit_tiny", {"patch_size": 3}, "patch_size=3"),
    ("vit_tiny", {"pooling": "max"}, "'max'.*token, mean"),
    ("mlp_mixer", {"token_units": 0}, "token_units=0"),
    ("mlp_mixer", {"patch_size": 0}, "patch_size=0"),
]


@pytest.mark.parametrize(("name", "knobs", "message"), BAD)
def test_bad_knobs_are_refused(name, knobs, message):
    with pytest.raises(ValueError, match=message):
        build(name, **knobs)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("shape", [(64,), (6, 6, 1)])
def test_bad_shapes_are_refused(name, shape):
    with pytest.raises(ValueError, match=str(shape[0])):
        zoo.MODELS[name](shape, 10)
