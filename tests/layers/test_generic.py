"""What each layer does with batch mates and masks, and as Keras expects."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src import testing

from .cases import CASES, public_layers
from .selections import FEW, MASKED, ONE_PER_LAYER, each_case
from .stepping import assert_close, perturbed, step
from .test_keras_suites import SUITES


def test_each_public_layer_is_in_the_table():
    assert public_layers() == {case.layer for case in CASES}


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
