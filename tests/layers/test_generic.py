"""Properties that each normalization layer has."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src import testing

from normzoo import layers

from .cases import CASES, KernelCase, public_layers
from .test_keras_suites import SUITES

MIXED_POLICIES = ["mixed_bfloat16", "mixed_float16"]
HALF_POLICIES = [*MIXED_POLICIES, "bfloat16", "float16"]
POLICIES = ["float32", "float64", *HALF_POLICIES]
#: Each type of numbers once, with and without variables of another type.
TYPES = ["float32", "mixed_bfloat16", "float16"]
TOLERANCE = {"float16": 4e-3, "bfloat16": 4e-2, "float32": 1e-5}

ONE_PER_LAYER = list({case.layer: case for case in CASES}.values())
MASKED = [case for case in CASES if case.mask]
#: What takes seconds to compile is compiled without these: the other recurrent
#: layers have the same loops and the same statistics.
PATHS = [c for c in CASES if c.name not in ("batch-simple-rnn", "layer-gru")]
#: Each layer as it is mostly used, and with a mask: for what does not depend
#: on axes, ranks and constructor arguments.
FEW = [*{case.layer: case for case in reversed(PATHS)}.values()]
FEW += [case for case in PATHS if case.mask and case not in FEW]
#: And the other layouts that XLA may compile in another way.
COMPILED = FEW + [
    case
    for case in PATHS
    if case.name.endswith(("-channels-first", "-image", "-apart", "-renorm"))
    and case not in FEW
]
#: Loops whose steps on two replicas, which are graphs, are compared with those
#: of one device, which are eager. To trace them takes seconds.
REPLICATED_LOOPS = [
    case
    for case in FEW
    if case.whole_batch and issubclass(case.layer, keras.layers.RNN)
]
#: What is run in a graph of its own.
IN_GRAPHS = [
    case
    for case in PATHS
    if case not in REPLICATED_LOOPS and (case in FEW or case not in COMPILED)
]
#: What does something else in inference, where those loops have no dropout.
IN_INFERENCE = [
    case
    for case in FEW
    if False in case.modes() and case not in REPLICATED_LOOPS
]

#: What normalizes its inputs, not kernels.
OF_INPUTS = [case for case in CASES if not isinstance(case, KernelCase)]

#: What replicas have to say to each other may depend on the layout.
SHARED = [case for case in PATHS if not case.per_example or case in FEW]


def table(*rows):
    """Returns the rows of a test of a case and one thing more.

    Args:
        *rows: pairs of cases, and of values that each of them gets.
    """
    return [
        pytest.param(case, value, id=f"{case.name}-{value}")
        for cases, values in rows
        for value in values
        for case in cases
    ]


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def step(layer, x, dy, kwargs):
    """Returns the outputs, the gradients and the weights after a call."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **kwargs)
    sources = [x, *(weight.value for weight in layer.trainable_weights)]
    gradients = tape.gradient(y, sources, tf.cast(dy, y.dtype))
    idle = idle_weights(layer, kwargs.get("training"))
    for place, weight in enumerate(layer.trainable_weights, 1):
        if id(weight) in idle:
            assert gradients[place] is None
            gradients[place] = tf.zeros_like(sources[place])
    return [y, *gradients, *(tf.identity(w) for w in layer.weights)]


def idle_weights(layer, training):
    """Returns the ids of weights that are for training alone."""
    if training or not isinstance(layer, layers.SplitBatchNormalization):
        return ()
    return [id(w) for norm in layer.others for w in norm.trainable_weights]


def perturbed(layer, shape):
    """Builds the layer and gives all weights values of their own."""
    if not layer.built:
        layer.build(shape)
    rng = np.random.default_rng(2)
    layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    return layer


def assert_close(actual, expected, tolerance=1e-5):
    for a, b in zip(actual, expected, strict=True):
        a, b = (tf.cast(value, tf.float64).numpy() for value in (a, b))
        scale = max(1.0, np.abs(b).max(initial=0.0))
        np.testing.assert_allclose(a / scale, b / scale, 0, tolerance)


def test_each_public_layer_is_in_the_table():
    assert public_layers() == {case.layer for case in CASES}


@pytest.mark.quick(*(f"{case.name}-mixed_bfloat16" for case in CASES))
@pytest.mark.parametrize(
    ("case", "policy"),
    table((CASES, TYPES), (FEW, [p for p in POLICIES if p not in TYPES])),
)
def test_shape_and_type_follow_the_policy(case, policy):
    layer = case.make(dtype=policy)
    for training in (True, False):
        y = layer(case.inputs(), **case.call_kwargs(training))
        assert y.shape == case.shape
        assert y.dtype == layer.compute_dtype
    dtypes = {w.dtype for w in layer.trainable_weights}
    assert dtypes <= {layer.variable_dtype}
    # Statistics may be wider.
    dtypes = {w.dtype for w in layer.non_trainable_weights}
    wider = {"float32"} if policy in ("bfloat16", "float16") else set()
    assert dtypes <= {layer.variable_dtype, *wider}
    assert tuple(layer.compute_output_shape(case.shape)) == case.shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "policy"),
    table(
        (CASES, ["mixed_bfloat16"]),
        (FEW, ["float32", "float16"]),
    ),
)
def test_each_type_comes_near_to_float64(case, policy):
    layer = perturbed(case.make(dtype=policy), case.shape)
    reference = perturbed(case.make(dtype="float64"), case.shape)
    # Half precision has rounded them.
    reference.set_weights(layer.get_weights())
    x = tf.cast(case.inputs(), layer.compute_dtype)
    dy = case.inputs(seed=3)
    kwargs = case.call_kwargs(training=True)
    actual = step(layer, x, dy, kwargs)
    expected = step(reference, tf.cast(x, tf.float64), dy, kwargs)
    tolerance = case.amplifies * TOLERANCE[layer.compute_dtype]
    assert_close(actual, expected, tolerance)


@pytest.mark.quick(*(case.name for case in FEW))
@each_case
def test_config_makes_the_same_layer(case):
    layer = case.make(name="norm")
    before = layer.get_config()
    perturbed(layer, case.shape)
    assert layer.get_config() == before
    copy = case.layer.from_config(before)
    assert copy.get_config() == before
    copy.build(case.shape)
    copy.set_weights(layer.get_weights())
    kwargs = case.call_kwargs(training=False)
    x = case.inputs()
    assert_close([copy(x, **kwargs)], [layer(x, **kwargs)], 0)


@pytest.mark.quick(*(case.name for case in FEW))
@each_case
def test_saved_model_is_the_same(case, tmp_path):
    inputs = keras.Input(case.shape[1:])
    layer = case.make()
    model = keras.Model(inputs, layer(inputs))
    perturbed(layer, case.shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[-1]) is case.layer
    assert_close([loaded(case.inputs())], [model(case.inputs())], 0)


@pytest.mark.quick(*(case.name for case in FEW))
@each_case
def test_checkpoint_holds_all_variables(case, tmp_path):
    def make(seed):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input(case.shape[1:])
        model = keras.Model(inputs, case.make()(inputs))
        rng = np.random.default_rng(seed)
        for v in model.variables:
            value = rng.uniform(1.0, 9.0, v.shape).astype(v.dtype)
            v.assign(value)
        return model

    model, other = make(0), make(1)
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "weights"))
    names = [name for name, _ in tf.train.list_variables(path)]
    held = [name for name in names if name.endswith("VARIABLE_VALUE")]
    assert len(held) == len(model.variables)
    tf.train.Checkpoint(model=other).read(path).assert_consumed()
    for ours, theirs in zip(other.variables, model.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert_close([other(case.inputs())], [model(case.inputs())], 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mode"),
    # Not of weights alone: what those learn does not depend on the batch.
    table(
        (OF_INPUTS, ["eager"]),
        ([c for c in FEW if c in OF_INPUTS], ["graph", "xla"]),
    ),
)
def test_empty_batch_changes_nothing(case, mode):
    layer = perturbed(case.make(), case.shape)
    kwargs = case.call_kwargs(training=True)
    if case.reference:
        layer(case.inputs(), **kwargs)  # which learns the reference
    before = [weight.numpy() for weight in layer.weights]
    mask, shape = kwargs.pop("mask", None), (0, *case.shape[1:])
    given = [tf.zeros(shape)]
    if mask is not None:
        given.append(tf.constant(mask[:0]))

    def run(x, *masks):
        masks = dict(zip(["mask"], masks, strict=False))
        return step(layer, x, tf.zeros_like(x), {**kwargs, **masks})

    if mode != "eager":
        signature = [
            tf.TensorSpec((None, *v.shape[1:]), v.dtype) for v in given
        ]
        run = tf.function(
            run, signature, jit_compile=mode == "xla", autograph=False
        )
    y, *rest = run(*given)
    assert y.shape == shape
    for value in rest:
        assert np.isfinite(value).all()
    # XLA computes the moments of the same reference to the last bit or so.
    rtol = 1e-6 if case.reference else 0
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_allclose(weight, value, rtol, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "training"),
    table((PATHS, [True]), (IN_INFERENCE, [False])),
)
def test_vectorized_map_of_a_gradient(case, training):
    kwargs = case.call_kwargs(training)
    inputs = tf.stack([case.inputs(seed=seed) for seed in range(2)])

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.sin(layer(x, **kwargs)))
        return tape.gradient(y, x)

    layer = perturbed(case.make(), case.shape)
    start = layer.get_weights()
    actual = tf.vectorized_map(gradient, inputs)
    expected = []
    for x in inputs:
        layer.set_weights(start)  # each of the mapped calls starts there
        expected.append(gradient(x))
    assert_close(actual, expected, case.amplifies * 1e-5)


@pytest.mark.quick(*(f"True-{case.name}" for case in CASES))
@each_case
@pytest.mark.parametrize("training", [True, False])
def test_symbolic_call_knows_shape_and_type(case, training):
    layer = case.make(dtype="mixed_bfloat16")
    kwargs = case.call_kwargs(training)
    if "mask" in kwargs:
        kwargs["mask"] = keras.KerasTensor((None, *case.shape[1:-1]), "bool")
    y = layer(keras.Input(case.shape[1:]), **kwargs)
    assert (y.shape, y.dtype) == ((None, *case.shape[1:]), "bfloat16")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mode"),
    # What XLA compiles is traced by the same code.
    table((IN_GRAPHS, ["graph"]), (COMPILED, ["xla"])),
)
def test_compiled_is_the_same_as_eager(case, mode):
    x, dy = tf.constant(case.inputs()), tf.constant(case.inputs(seed=3))
    modes = [case.call_kwargs(training) for training in case.modes()[::-1]]

    def run(layer, x, dy):
        return [value for kw in modes for value in step(layer, x, dy, kw)]

    expected = run(perturbed(case.make(), case.shape), x, dy)
    layer = perturbed(case.make(), case.shape)
    compiled = tf.function(
        lambda x, dy: run(layer, x, dy),
        input_signature=[tf.TensorSpec((None, *case.shape[1:]))] * 2,
        jit_compile=mode == "xla",
        autograph=False,
    )
    assert_close(compiled(x, dy), expected, case.amplifies * 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("case", SHARED, ids=lambda case: case.name)
def test_replicas_agree(case, two_replicas):
    with two_replicas.scope():
        layer = perturbed(case.make(), case.shape)
    single = perturbed(case.make(), case.shape)
    x, dy = tf.constant(case.inputs()), tf.constant(case.inputs(seed=3))
    kwargs = case.call_kwargs(training=True)
    half = case.shape[0] // 2

    @tf.function(autograph=False)
    def run():
        def replica():
            i = tf.distribute.get_replica_context().replica_id_in_sync_group
            rows = slice(i * half, (i + 1) * half)
            mine = dict(kwargs)
            if case.mask:
                mine["mask"] = tf.constant(mine["mask"])[rows]
            return step(layer, x[rows], dy[rows], mine)

        return two_replicas.run(replica)

    results = [two_replicas.experimental_local_results(r) for r in run()]
    weights = len(layer.weights)
    for first, second in results[len(results) - weights :]:
        assert_close([first], [second], 0)
    if case.whole_batch:
        y, dx, *rest = step(single, x, dy, kwargs)
        trained = len(layer.trainable_weights)
        merged = [tf.concat(result, 0) for result in results[:2]]
        merged += [tf.add_n(result) for result in results[2 : 2 + trained]]
        merged += [result[0] for result in results[2 + trained :]]
        assert_close(merged, [y, dx, *rest], case.amplifies * 1e-5)


@pytest.mark.slow
@each_case
def test_batch_mates_do_not_matter(case):
    layer = perturbed(case.make(), case.shape)
    x = case.inputs()
    other = np.concatenate([x[:1], 5 * x[1:] - 7])
    for training in (False, True):
        if training and not case.per_example:
            continue
        kwargs, outputs = case.call_kwargs(training), []
        for inputs in (x, other):
            perturbed(layer, case.shape)
            outputs.append(layer(inputs, **kwargs)[0])
        assert_close(*([y] for y in outputs), 0)


@pytest.mark.quick("batch-mask-True", "virtual-mask-True", "layer-lstm-True")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", MASKED, ids=lambda case: case.name)
def test_masked_positions_do_not_matter(case, training):
    kwargs = case.call_kwargs(training)
    mask = kwargs["mask"][..., np.newaxis]
    x, dy = case.inputs(), case.inputs(seed=3) * mask
    expected, *others = (
        masked_step(case, np.where(mask, x, noise), dy, kwargs)
        for noise in (0.0, 1e4, np.inf, -np.inf, np.nan)
    )
    for actual in others:
        assert_close(actual, expected)


def masked_step(case, x, dy, kwargs):
    """Returns what `step` does, and 0 for masked outputs."""
    layer = perturbed(case.make(), case.shape)
    x = tf.constant(x, "float32")
    y, *rest = step(layer, x, dy, kwargs)
    return [tf.where(kwargs["mask"][..., np.newaxis], y, 0), *rest]


@pytest.mark.quick("batch-mask-graph", "virtual-mask-graph")
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("name", ["batch-mask", "virtual-mask"])
def test_masked_positions_do_not_matter_in_graphs(name, jit):
    case = next(case for case in CASES if case.name == name)
    kwargs = case.call_kwargs(training=True)
    mask = kwargs["mask"][..., np.newaxis]
    x, dy = case.inputs(), case.inputs(seed=3) * mask
    expected = masked_step(case, np.where(mask, x, 0), dy, kwargs)
    layer = perturbed(case.make(), case.shape)
    run = tf.function(
        lambda x: step(layer, x, dy, kwargs), jit_compile=jit, autograph=False
    )
    y, *rest = run(tf.constant(np.where(mask, x, np.nan), "float32"))
    assert_close([tf.where(mask, y, 0), *rest], expected)


@pytest.mark.quick(*(case.name for case in FEW))
@each_case
def test_mask_is_passed_on(case):
    layer = case.make()
    assert layer.supports_masking == case.supports_masking()
    masked = keras.layers.Masking()(np.ones((2, 3, 4), "float32"))
    mask = keras.src.backend.get_keras_mask(masked)
    if not layer.supports_masking:
        return
    if len(case.shape) == 3 and case.kwargs.get("axis", -1) == -1:
        after = keras.src.backend.get_keras_mask(layer(masked))
        assert_close([after], [mask], 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "kind"),
    # In float16, tiny is zero; in float32, large is nothing special.
    table(
        (CASES, ["tiny", "one-example"]),
        (FEW, ["zeros", "zeros float16", "one-example float16"]),
        # Products of such inputs overflow, whatever the kernel.
        ([c for c in FEW if c in OF_INPUTS], ["large float16"]),
    ),
)
def test_gradients_are_finite(case, kind):
    kind, _, half = kind.partition(" ")
    policy = f"mixed_{half}" if half else "float32"
    layer = case.make(dtype=policy)
    kwargs = case.call_kwargs(training=True)
    x = case.inputs()
    x = x * {"zeros": 0.0, "large": 3e4, "tiny": 1e-30}.get(kind, 1.0)
    if kind == "one-example":
        few = case.fewest
        x = x[:few]
        kwargs = {k: v[:few] if k == "mask" else v for k, v in kwargs.items()}
    for value in step(layer, tf.constant(x), np.ones_like(x), kwargs):
        assert np.isfinite(tf.cast(value, tf.float64)).all()


@pytest.mark.slow
def test_a_model_of_all_layers_trains_under_xla():
    # One model: a number that is not finite anywhere reaches its loss.
    layers = {case.layer: case.make() for case in reversed(CASES)}
    assert layers.keys() == public_layers()
    inputs = keras.Input((3, 3))
    y = inputs
    for layer in layers.values():
        y = layer(y)
    model = keras.Model(inputs, keras.layers.Dense(1)(y))
    model.compile("sgd", "mse", jit_compile=True)
    x = np.random.default_rng(0).normal(2.0, 3.0, (4, 3, 3))
    losses = [model.train_on_batch(x, x[..., :1]) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


class _Harness(testing.TestCase):
    def runTest(self):  # noqa: N802
        """The harness is used for its method."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    # Keras' own tests put those layers through it that they are for.
    [case for case in ONE_PER_LAYER if case.layer.__name__ not in SUITES],
    ids=lambda case: case.name,
)
def test_keras_layer_harness(case):
    layer = case.make()
    layer.build(case.shape)
    kwargs = case.call_kwargs(training=True)
    kwargs.pop("mask", None)
    _Harness().run_layer_test(
        case.layer,
        init_kwargs=case.init_kwargs(),
        input_shape=case.shape,
        call_kwargs=kwargs,
        expected_output_shape=case.shape,
        expected_num_trainable_weights=len(layer.trainable_weights),
        expected_num_non_trainable_weights=len(layer.non_trainable_weights),
        expected_num_seed_generators=case.seed_generators,
        expected_num_losses=0,
        supports_masking=case.supports_masking(),
    )
