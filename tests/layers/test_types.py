"""Types and sizes of numbers, with each layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from .cases import CASES
from .selections import FEW, OF_INPUTS, each_case, table
from .stepping import assert_close, perturbed, step

MIXED_POLICIES = ["mixed_bfloat16", "mixed_float16"]
HALF_POLICIES = [*MIXED_POLICIES, "bfloat16", "float16"]
POLICIES = ["float32", "float64", *HALF_POLICIES]

#: Each type of numbers once, with and without variables of another type.
TYPES = ["float32", "mixed_bfloat16", "float16"]
TOLERANCE = {"float16": 4e-3, "bfloat16": 4e-2, "float32": 1e-5}


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
