"""Networks of a GAN that are told the classes of examples."""

import keras
import numpy as np
import pytest

from normzoo import layers, zoo
from normzoo.trainers.common import precision

CLASSES = 3
LABELS = np.array([2, 0, 2, 1], "int32")
NETWORKS = ("dcgan", "sngan", "r3gan", "toy")
NORMS = sorted(layers.NORMS)


def generator(networks="dcgan", **knobs):
    make, _ = zoo.GANS[networks]
    size = 2 if networks == "toy" else 8
    return make(size, **{"base_width": 8, "latent_dim": 5, **knobs})


def discriminator(networks="dcgan", **knobs):
    _, tell = zoo.GANS[networks]
    size = 2 if networks == "toy" else 8
    return tell(size, **{"base_width": 8, "norm": "layer", **knobs})


def noise(rows=4):
    return np.random.default_rng(0).normal(size=(rows, 5)).astype("float32")


def examples(networks):
    shape = (2,) if networks == "toy" else (8, 8, 1)
    rng = np.random.default_rng(1)
    return rng.normal(size=(len(LABELS), *shape)).astype("float32")


def randomized(model):
    """Returns a model whose weights are none of its initial ones."""
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.quick("dcgan-none", "toy-spectral")
@pytest.mark.parametrize("weight_norm", ["none", "spectral"])
@pytest.mark.parametrize("networks", NETWORKS)
def test_logits_have_the_projection_of_miyato_and_koyama(networks, weight_norm):
    knobs = {"classes": CLASSES, "weight_norm": weight_norm}
    model = randomized(discriminator(networks, **knobs))
    features, (psi, _), (_, embeddings) = judged(
        model, networks, weight_norm, "projection"
    )
    projected = (features * embeddings.T[LABELS]).sum(1, keepdims=True)
    found = model([examples(networks), LABELS])
    np.testing.assert_allclose(found, psi + projected, 1e-4, 1e-5)


@pytest.mark.quick("dcgan-none", "toy-spectral")
@pytest.mark.parametrize("weight_norm", ["none", "spectral"])
@pytest.mark.parametrize("networks", NETWORKS)
def test_a_classifier_tells_the_log_probability_of_the_class(
    networks, weight_norm
):
    knobs = {"classes": CLASSES, "weight_norm": weight_norm}
    model = randomized(discriminator(networks, condition="auxiliary", **knobs))
    _, (psi, _), (scores, _) = judged(model, networks, weight_norm, "classes")
    log_sums = np.log(np.exp(scores).sum(1))
    expected = scores[np.arange(len(LABELS)), LABELS] - log_sums
    found = model([examples(networks), LABELS])
    np.testing.assert_allclose(found[:, :1], psi, 1e-4, 1e-5)
    np.testing.assert_allclose(found[:, 1], expected, 1e-4, 1e-5)


@pytest.mark.parametrize("condition", ["projection", "auxiliary"])
def test_judgments_are_float32_under_mixed_precision(condition):
    with precision.dtype_policy("mixed_bfloat16"):
        model = discriminator(classes=CLASSES, condition=condition)
        assert model([examples("dcgan"), LABELS]).dtype == "float32"


def judged(model, networks, weight_norm, name):
    """Returns the features; outputs and kernel of two layers that see them."""
    last = model.get_layer("outputs" if networks == "toy" else "logits")
    inner = keras.Model(model.inputs, last.input)
    features = np.asarray(inner([examples(networks), LABELS]), "float64")
    found = []
    for layer in (last, model.get_layer(name)):
        kernel = np.asarray(normalized(layer, weight_norm), "float64")
        bias = getattr(layer, "layer", layer).bias
        bias = 0 if bias is None else bias.numpy()
        found.append((features @ kernel + bias, kernel))
    return features, *found


def normalized(layer, weight_norm):
    """Returns the kernel that a Dense layer multiplies by."""
    if weight_norm == "none":
        return layer.kernel
    units = np.eye(layer.layer.kernel.shape[0], dtype="float32")
    bias = layer.layer.bias
    return np.asarray(layer(units)) - (0 if bias is None else bias.numpy())


@pytest.mark.quick("dcgan-filter_response", "r3gan-none")
@pytest.mark.parametrize(
    ("networks", "norm"),
    [*(("dcgan", norm) for norm in NORMS), ("r3gan", "none")],
)
def test_a_conditional_generator_begins_as_the_plain_one(networks, norm):
    plain = generator(networks, norm=norm)
    if norm == "filter_response":  # Its threshold would come last.
        make = layers.get(norm, threshold=False)
        plain = generator(networks, norm=make)
    told = generator(networks, norm=norm, classes=CLASSES)
    expected = plain(noise(), training=True)
    found = told([noise(), LABELS], training=True)
    np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


@pytest.mark.quick("toy")
@pytest.mark.parametrize("networks", NETWORKS)
def test_a_class_has_its_own_scale_and_shift_of_each_norm(networks):
    model = randomized(generator(networks, norm="layer", classes=CLASSES))
    before = np.asarray(model([noise(), LABELS]))
    tables = [
        w for w in model.weights if len(w.shape) == 2 and w.shape[0] == CLASSES
    ]
    hidden = {"dcgan": 2, "sngan": 5, "r3gan": 12, "toy": 3}[networks]
    assert [w.name for w in tables] == ["gamma", "beta"] * hidden
    for table in tables:
        value = table.numpy()
        value[2] += 0.5
        table.assign(value)
    after = np.asarray(model([noise(), LABELS]))
    changed = (after != before).reshape(len(LABELS), -1).any(1)
    np.testing.assert_array_equal(changed, LABELS == 2)


@pytest.mark.quick("toy")
@pytest.mark.parametrize("networks", NETWORKS)
def test_a_class_can_be_an_input_beside_the_noise(networks):
    """The network is then the plain one for noise of more dimensions."""
    model = generator(networks, classes=CLASSES, condition="input")
    plain = generator(networks, latent_dim=5 + CLASSES)
    shapes = [[w.shape for w in each.weights] for each in (model, plain)]
    assert shapes[0] == shapes[1]
    plain.set_weights(randomized(model).get_weights())
    both = np.concatenate([noise(), np.eye(CLASSES)[LABELS]], 1)
    found = model([noise(), LABELS], training=True)
    np.testing.assert_array_equal(found, plain(both, training=True))


@pytest.mark.parametrize("classes", [0, CLASSES])
@pytest.mark.parametrize("networks", NETWORKS)
def test_where_a_class_is_told_is_known(networks, classes):
    with pytest.raises(ValueError, match=r"condition must be.*norm, input.*3"):
        generator(networks, classes=classes, condition=3)
    with pytest.raises(ValueError, match=r"projection, auxiliary.*'norm'"):
        discriminator(networks, classes=classes, condition="norm")


@pytest.mark.quick("norm-virtual", "input-none")
@pytest.mark.parametrize("norm", ["none", "virtual"])
@pytest.mark.parametrize("condition", ["norm", "input"])
def test_a_conditional_generator_is_saved_and_loaded(condition, norm, tmp_path):
    told = {"classes": CLASSES, "condition": condition}
    model = randomized(generator(norm=norm, **told))
    if norm == "virtual":
        reference = [noise(6), np.resize(LABELS, 6)]
        model = layers.ReferenceModel(model, reference)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = [noise(), LABELS]
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_classes_are_not_negative():
    for build in (generator, discriminator):
        with pytest.raises(ValueError, match=r"classes must be at least 1.*-3"):
            build(classes=-3)
