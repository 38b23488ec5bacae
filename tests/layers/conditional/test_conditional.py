"""Norms with a condition's scale and shift, around every norm."""

import functools
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo import layers

from ..test_generic import assert_close

CLASSES, FEATURES = 5, 3
RNG = np.random.default_rng(0)
SHAPE = (4, 6, 6, 8)
X = RNG.normal(2, 3, SHAPE).astype("float32")

#: Name -> how to make the source, and a condition for it.
SOURCES = {
    "class": (
        functools.partial(layers.ClassCondition, CLASSES),
        np.array([3, 0, 4, 3], "int32"),
    ),
    "vector": (
        layers.VectorCondition,
        RNG.normal(size=(4, FEATURES)).astype("float32"),
    ),
    "spatial": (
        functools.partial(layers.SpatialCondition, hidden=4),
        RNG.normal(size=(4, 3, 2, FEATURES)).astype("float32"),
    ),
}
#: All that have no threshold behind their scale and shift.
ARGUMENTS = {"filter_response": {"threshold": False}}

each_source = pytest.mark.parametrize("source", SOURCES)
each_norm = pytest.mark.parametrize("norm", layers.NORMS)


def make(norm, source, dtype=None, name=None):
    """Returns a layer and a condition."""
    factory, condition = SOURCES[source]
    plain = layers.get(norm, **ARGUMENTS.get(norm, {}), dtype=dtype)()
    conditions = factory(dtype=dtype)
    layer = layers.Conditional(plain, conditions, dtype=dtype, name=name)
    return layer, condition


def perturbed(layer, condition, shape=SHAPE):
    """Builds a layer and gives all its weights values of their own."""
    layer.build(shape, condition.shape)
    layer.built = True
    rng = np.random.default_rng(2)
    layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return layer


def step(layer, x, dy, condition, training=True):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, condition=condition, training=training)
    weights = [weight.value for weight in layer.trainable_weights]
    gradients = tape.gradient(y, [x, *weights], tf.cast(dy, y.dtype))
    return [y, *gradients, *(tf.identity(w) for w in layer.weights)]


@pytest.mark.quick(
    "True-batch-class",
    "False-batch-class",
    "True-layer-vector",
    "True-rms-spatial",
    "True-none-vector",
    "True-evonorm_b0-class",
)
@each_source
@each_norm
@pytest.mark.parametrize("training", [True, False])
def test_at_first_it_is_the_plain_norm(norm, source, training):
    layer, condition = make(norm, source)
    plain = layers.get(norm, **ARGUMENTS.get(norm, {}))()
    takes = "training" in inspect.signature(plain.call).parameters
    expected = plain(X, **({"training": training} if takes else {}))
    y = layer(X, condition=condition, training=training)
    np.testing.assert_allclose(y, expected, 1e-5, 1e-5)
    # What learns, learns from the first step on.
    with tf.GradientTape() as tape:
        y = layer(X, condition=condition, training=training)
        loss = tf.reduce_sum(tf.sin(y))
    last = [w for w in layer.source.trainable_weights if "shared" not in w.path]
    for gradient in tape.gradient(loss, [w.value for w in last]):
        assert np.abs(gradient).max() > 0


def test_scales_and_shifts_are_the_conditions():
    """Each source against NumPy."""
    normal = (X - X.mean(-1, keepdims=True)) / np.sqrt(
        X.var(-1, keepdims=True) + 1e-3
    )
    for source in SOURCES:
        layer, condition = make("layer", source)
        perturbed(layer, condition)
        by_name = {w.path.split("/")[-1]: w.numpy() for w in layer.weights}
        if source == "class":
            gamma, beta = (by_name[k][condition] for k in ("gamma", "beta"))
        elif source == "vector":
            both = condition @ by_name["kernel"] + by_name["bias"]
            gamma, beta = 1 + both[:, :8], both[:, 8:]
        else:
            gamma, beta = spatial(layer.source, condition)
        if gamma.ndim == 2:
            gamma, beta = (v[:, None, None] for v in (gamma, beta))
        y = layer(X, condition=condition)
        np.testing.assert_allclose(y, gamma * normal + beta, 1e-4, 1e-4)


def spatial(source, condition):
    rows, columns = np.arange(6) // 2, np.arange(6) // 3  # nearest of (3, 2)
    x = condition[:, rows][:, :, columns]
    for i, conv in enumerate((source.shared, source.modulation)):
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        kernel = conv.kernel.numpy()
        x = conv.bias.numpy() + sum(
            padded[:, a : a + 6, b : b + 6] @ kernel[a, b]
            for a in range(3)
            for b in range(3)
        )
        x = np.maximum(x, 0) if i == 0 else x
    return 1 + x[..., :8], x[..., 8:]


@each_source
@pytest.mark.parametrize("norm", ["batch", "group", "dynamic_tanh"])
def test_gradients_equal_finite_differences(norm, source):
    layer, condition = make(norm, source, dtype="float64")
    perturbed(layer, condition)
    rng = np.random.default_rng(1)
    dy, x = rng.normal(size=SHAPE), tf.constant(X, "float64")
    weights = layer.trainable_weights
    _, *gradients = step(layer, x, dy, condition)[: 2 + len(weights)]

    def value(moved):
        y = layer(moved, condition=condition, training=True)
        return np.sum(dy * y)

    directions = [rng.normal(size=g.shape) for g in gradients]
    h = 1e-6
    differences = [
        (value(x + h * directions[0]) - value(x - h * directions[0])) / (2 * h)
    ]
    for weight, direction in zip(weights, directions[1:], strict=True):
        start, values = weight.numpy(), []
        for sign in (1, -1):
            weight.assign(start + sign * h * direction)
            values.append(value(x))
        weight.assign(start)
        differences.append((values[0] - values[1]) / (2 * h))
    products = zip(gradients, directions, strict=True)
    slopes = [np.sum(g * d) for g, d in products]
    np.testing.assert_allclose(slopes, differences, 1e-5, 1e-5)


@each_source
def test_second_derivatives(source):
    layer, condition = make("layer", source, dtype="float64")
    perturbed(layer, condition)
    rng = np.random.default_rng(1)
    x, weights = tf.constant(X, "float64"), layer.trainable_weights

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, condition=condition)
            value = tf.reduce_sum(tf.sin(y))
        return tape.gradient(value, x)

    along = tf.constant(rng.normal(size=X.shape))
    sources = [weight.value for weight in weights]
    with tf.GradientTape() as tape:
        tape.watch(x)
        inner = tf.reduce_sum(slope(x) * along)
    gradients = tape.gradient(inner, sources)
    for weight, gradient in zip(weights, gradients, strict=True):
        start, direction = weight.numpy(), rng.normal(size=weight.shape)
        values = []
        for sign in (1, -1):
            weight.assign(start + sign * 1e-6 * direction)
            values.append(np.sum(slope(x) * along))
        weight.assign(start)
        expected = (values[0] - values[1]) / 2e-6
        actual = np.sum(gradient * direction)
        np.testing.assert_allclose(actual, expected, 1e-5, 1e-5)


@pytest.mark.slow
@each_source
def test_replicas_learn_as_one_device(source, two_replicas):
    with two_replicas.scope():
        layer, condition = make("batch", source)
        layer.norm.synchronized = True
        perturbed(layer, condition)
    single, _ = make("batch", source)
    perturbed(single, condition)
    dy = tf.constant(RNG.normal(size=SHAPE))

    @tf.function(autograph=False)
    def run():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(2 * i, 2 * i + 2)
            given = tf.constant(condition)[rows]
            return step(layer, tf.constant(X)[rows], dy[rows], given)

        return two_replicas.run(replica)

    results = [two_replicas.experimental_local_results(r) for r in run()]
    expected = step(single, tf.constant(X), dy, condition)
    trained = len(layer.trainable_weights)
    merged = [tf.concat(result, 0) for result in results[:2]]
    merged += [tf.add_n(result) for result in results[2 : 2 + trained]]
    merged += [result[0] for result in results[2 + trained :]]
    assert_close(merged, expected)


@each_source
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(source, policy):
    keras.config.set_dtype_policy(policy)
    try:
        layer, condition = make("batch", source)
        y = layer(X, condition=condition, training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert y.dtype == policy.removeprefix("mixed_")
    assert {w.dtype for w in layer.weights} == {"float32"}
    plain = layers.BatchNormalization()(X, training=True)
    np.testing.assert_allclose(tf.cast(y, "float32"), plain, 0.05, 0.05)


@pytest.mark.slow
@each_source
@pytest.mark.parametrize("norm", ["batch", "layer", "evonorm_s0"])
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_compiled_is_the_same_as_eager(norm, source, jit_compile):
    layer, condition = make(norm, source)
    start = perturbed(layer, condition).get_weights()
    x, dy = tf.constant(X), RNG.normal(size=SHAPE)
    expected = step(layer, x, dy, condition)
    layer.set_weights(start)
    rest = condition.shape[1:]
    signature = [
        tf.TensorSpec((None, None, None, 8)),
        tf.TensorSpec((None, *rest), condition.dtype),
    ]
    if jit_compile:  # XLA resizes to sizes that it knows
        signature[0] = tf.TensorSpec(SHAPE)
    compiled = tf.function(
        lambda x, c: step(layer, x, dy, c),
        signature,
        jit_compile=jit_compile,
        autograph=False,
    )
    assert_close(compiled(x, condition), expected)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["class", "vector"])
def test_vectorized_map_of_a_gradient(source):
    layer, condition = make("layer", source)
    perturbed(layer, condition)
    tables = [weight.value for weight in layer.trainable_weights]

    def gradient(x, condition):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, condition=condition)
            loss = tf.reduce_sum(tf.sin(y))
        return tape.gradient(loss, [x, *tables])

    x = tf.constant(np.stack([X, X[::-1]]))
    conditions = tf.constant(np.stack([condition, condition[::-1]]))
    actual = tf.vectorized_map(lambda args: gradient(*args), (x, conditions))
    for i in range(2):
        assert_close([v[i] for v in actual], gradient(x[i], conditions[i]))


@pytest.mark.quick("batch-class", "layer-vector", "instance-spatial")
@each_source
@each_norm
def test_a_model_is_saved_and_loaded(norm, source, tmp_path):
    layer, condition = make(norm, source, name="norm")
    inputs = keras.Input(SHAPE[1:])
    given = keras.Input(condition.shape[1:], dtype=condition.dtype.name)
    y = layer(inputs, condition=given)
    assert y.shape == (None, *SHAPE[1:])
    model = keras.Model([inputs, given], y)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = model([X, condition])
    np.testing.assert_array_equal(loaded([X, condition]), expected)
    again = loaded.get_layer("norm").get_config()
    assert again == layer.get_config()
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone([X, condition]), expected)


@pytest.mark.quick("class")
@each_source
def test_a_model_learns_from_its_condition(source):
    """Targets that depend on the condition alone."""
    layer, condition = make("batch", source)
    inputs = keras.Input(SHAPE[1:])
    given = keras.Input(condition.shape[1:], dtype=condition.dtype.name)
    model = keras.Model([inputs, given], layer(inputs, condition=given))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    targets = (
        np.ones(SHAPE) * np.array([1.0, -2.0, 0.0, 1.0])[:, None, None, None]
    )
    losses = [model.train_on_batch([X, condition], targets) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]


def test_other_layouts():
    condition = np.array([1, 2], "int32")
    for shape, norm in [
        ((2, 5), layers.LayerNormalization()),
        ((2, 7, 5), layers.LayerNormalization()),
        ((2, 5, 4, 4), layers.BatchNormalization(axis=1)),
        ((2, 4, 4, 5), layers.LayerNormalization(axis=[1, 2, 3])),
    ]:
        channels = 5
        layer = layers.Conditional(norm, layers.ClassCondition(3))
        layer.build(shape, (2,))
        layer.source.gamma.assign(RNG.normal(size=(3, channels)))
        x = RNG.normal(size=shape).astype("float32")
        y = layer(x, condition=condition, training=False)
        kwargs = {"axis": norm.axis, "center": False, "scale": False}
        plain = type(norm)(**kwargs)(x)
        axis = norm.axis if isinstance(norm.axis, int) else -1
        sizes = [2, *[1] * (len(shape) - 1)]
        sizes[axis] = channels
        gamma = layer.source.gamma.numpy()[condition].reshape(sizes)
        np.testing.assert_allclose(y, gamma * plain, 1e-5, 1e-5)
    column = layer(x, condition=condition[:, None])
    np.testing.assert_array_equal(column, y)


def test_masked_positions_do_not_count():
    inputs = keras.Input((5, 8))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    masked = keras.layers.Masking()(inputs)
    pooled = keras.layers.GlobalAveragePooling1D()(
        norm(masked, condition=given)
    )
    model = keras.Model([inputs, given], pooled)
    model.compile("sgd", "mse")
    x = RNG.normal(1, 2, (4, 5, 8)).astype("float32")
    x[:, 3:] = 0
    model.train_on_batch([x, np.arange(4) % 3], np.zeros((4, 8)))
    expected = 0.01 * x[:, :3].mean((0, 1))
    np.testing.assert_allclose(norm.norm.moving_mean, expected, 1e-4)


def test_tools_for_models_see_the_norm_inside():
    inputs = keras.Input((5,))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], norm(inputs, condition=given))
    x = RNG.normal(1, 2, (40, 5)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices(
        ((x, np.arange(40, dtype="int32") % 3),)
    )
    layers.reestimate_statistics(model, data.batch(8), verbose=0)
    np.testing.assert_allclose(norm.norm.moving_mean, x.mean(0), 1e-4)


@pytest.mark.parametrize("norm", ["none", "layer", "rms", "virtual"])
def test_the_norm_inside_is_replaced(norm, tmp_path):
    inputs = keras.Input((6,))
    given = keras.Input((), dtype="int32")
    old = layers.Conditional(
        layers.get("batch")(name="bn"), layers.ClassCondition(3), name="cond"
    )
    model = keras.Model([inputs, given], old(inputs, condition=given))
    gamma = RNG.normal(size=(3, 6))
    old.source.gamma.assign(gamma)
    x = [RNG.normal(size=(4, 6)), np.array([0, 2, 1, 1])]
    result = layers.replace_norms(model, norm)
    assert list(result.replaced) == ["cond/norm"]
    plain = layers.get(norm)()(x[0])
    expected = gamma[x[1]] * plain
    np.testing.assert_allclose(result.model(x), expected, 1e-5, 1e-5)
    result.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), result.model(x))


def test_a_threshold_does_not_come_inside():
    inputs = keras.Input((4, 6))
    given = keras.Input((), dtype="int32")
    old = layers.Conditional(layers.get("batch")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], old(inputs, condition=given))
    with pytest.raises(ValueError, match="threshold=False"):
        layers.replace_norms(model, "filter_response")
    result = layers.replace_norms(model, "filter_response", threshold=False)
    assert len(result.replaced) == 1


def test_a_reference_passes_with_its_condition():
    inputs = keras.Input((5,))
    given = keras.Input((), dtype="int32")
    norm = layers.Conditional(layers.get("virtual")(), layers.ClassCondition(3))
    model = keras.Model([inputs, given], norm(inputs, condition=given))
    x = RNG.normal(1, 2, (40, 5)).astype("float32")
    labels = np.arange(40, dtype="int32") % 3
    model = layers.ReferenceModel(model, [x[:16], labels[:16]])
    y = model([x[16:], labels[16:]], training=True)
    plain = layers.VirtualBatchNormalization()(x[16:], reference=x[:16])
    np.testing.assert_allclose(y, plain, 1e-5, 1e-5)


BATCH = layers.BatchNormalization
BUILT = BATCH()
BUILT.build((2, 3))
WRONG = {
    "no layer": ("batch", layers.ClassCondition(3), TypeError, "is a layer"),
    "used": (BUILT, layers.ClassCondition(3), ValueError, "a new one"),
    "threshold": (
        layers.FilterResponseNormalization(),
        layers.ClassCondition(3),
        ValueError,
        "threshold=False",
    ),
    "no source": (BATCH(), 10, TypeError, "ClassCondition.*Received: 10"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_it_cannot_be_made_of(case):
    norm, source, error, message = WRONG[case]
    with pytest.raises(error, match=message):
        layers.Conditional(norm, source)


@pytest.mark.parametrize(
    ("source", "condition", "message"),
    [
        ("class", np.zeros((4, 5), "int32"), "Use VectorCondition"),
        ("class", np.zeros(4, "float32"), "Classes are integers"),
        ("vector", np.zeros((4, 2, 3), "float32"), r"\(batch, features\)"),
        ("spatial", np.zeros((4, 3), "float32"), "an image for each"),
    ],
)
def test_conditions_that_do_not_fit(source, condition, message):
    layer, _ = make("batch", source)
    with pytest.raises(ValueError, match=message):
        layer(X, condition=condition)


def test_a_map_is_for_images():
    layer, condition = make("layer", "spatial")
    with pytest.raises(ValueError, match="inputs of rank 2"):
        layer(X[:, 0, 0], condition=condition)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ClassCondition(0), "classes=0"),
        (lambda: layers.SpatialCondition(hidden=-1), "hidden=-1"),
        (lambda: layers.SpatialCondition(method="area"), "nearest, bilinear"),
    ],
)
def test_senseless_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def passes(norm, jit):
    """Returns how many results of the size of the inputs a step computes."""
    if isinstance(norm, layers.Conditional):
        norm.build(SHAPE, (4,))
        kwargs = {"condition": tf.constant([3, 0, 4, 3])}
    else:
        norm.build(SHAPE)
        kwargs = {}
    norm.built = True
    if "training" in inspect.signature(norm.call).parameters:
        kwargs["training"] = True

    @tf.function(jit_compile=jit, autograph=False)
    def run(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = norm(x, **kwargs)
        weights = [w.value for w in norm.trainable_weights]
        return tape.gradient(y, [x, *weights], dy)

    graph = run.get_concrete_function(*[tf.TensorSpec(SHAPE)] * 2).graph
    outputs = [out for op in graph.get_operations() for out in op.outputs]
    costly = [out for out in outputs if out.shape.as_list() == list(SHAPE)]
    return len([out for out in costly if out.op.type != "Identity"])


@pytest.mark.parametrize(
    ("norm", "jit"),
    [("layer", False), ("instance", False), ("rms", False), ("batch", True)],
)
def test_it_takes_no_more_passes_than_the_plain_norm(norm, jit):
    conditional, _ = make(norm, "class")
    # RMS norm has no shift of its own.
    more = 1 if norm == "rms" else 0
    assert passes(conditional, jit) <= passes(layers.get(norm)(), jit) + more


@pytest.mark.quick("True-batch")
@pytest.mark.parametrize("norm", ["batch", "ghost_batch"])
@pytest.mark.parametrize("layerwise", [True, False])
def test_statistics_behind_a_condition_are_those_of_its_norms(norm, layerwise):
    x, vectors = keras.Input((3,)), keras.Input((2,))
    style = keras.layers.BatchNormalization()(vectors)
    style = keras.layers.BatchNormalization()(keras.ops.exp(style))
    source = layers.VectorCondition(kernel_initializer="ones")
    inner = layers.Conditional(layers.get(norm, epsilon=1e-5)(), source)
    last = layers.BatchNormalization()
    outputs = last(inner(x, condition=style))
    model = keras.Model([x, vectors], outputs)
    below = keras.Model([x, vectors], last.input)
    data = [RNG.normal(3, 2, (8, size)).astype("float32") for size in (3, 2)]
    layers.reestimate_statistics(model, data, layerwise=layerwise, verbose=0)
    # One batch: by its own statistics, or by the same ones as moving ones.
    seen = below(data).numpy()
    np.testing.assert_allclose(last.moving_mean, seen.mean(0), 1e-4, 1e-5)
    np.testing.assert_allclose(last.moving_variance, seen.var(0), 1e-4, 1e-5)
