"""The stacked variables of runs, and the model that they are lent to."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.together.state import (
    StackedState,
    Stacks,
    own_variables,
    values_of,
)

RATES = [0.1, 0.03, 0.3]


def new_model(rate, dtype):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2, dtype=dtype),
            keras.layers.BatchNormalization(dtype=dtype),
        ]
    )
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, "mse")
    optimizer.build(model.trainable_variables)
    return model


def stacked(models, dtype):
    """Returns the state of some models, and the one that it is lent to."""
    values = Stacks(len(models))
    for run, model in enumerate(models):
        values.set(run, values_of(model))
    lender = new_model(0.5, dtype)
    optimizers = [model.optimizer for model in models]
    rates = [[]] * len(models)
    return StackedState(lender, optimizers, values.arrays, rates), lender


DTYPES = pytest.mark.parametrize(
    "dtype", ["float32", "float64", "mixed_bfloat16", "bfloat16"]
)


@DTYPES
def test_a_model_is_lent_the_state_of_each_run(dtype):
    models = [new_model(rate, dtype) for rate in RATES]
    state, lender = stacked(models, dtype)
    for run, row in state.each(range(len(models))):
        state.load(row)
        state.lend(run)
        both = own_variables(lender), own_variables(models[run])
        for got, expected in zip(*both, strict=True):
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)


@DTYPES
def test_states_are_copied_only_where_they_are_kept(dtype):
    """Else all runs would be in memory once more whenever one is looked at."""
    state, lender = stacked([new_model(rate, dtype) for rate in RATES], dtype)
    ((_, row),), ((_, again),) = state.each([1]), state.each([1])
    arrays = [number for number, value in enumerate(row) if value.ndim]
    assert all(np.shares_memory(row[i], again[i]) for i in arrays)
    kept = state.rows([1])[1]
    assert not any(map(np.shares_memory, row, kept))
    # Whoever trains the model, or the runs, changes none of them.
    before = [value.copy() for value in kept]
    state.load(row)
    for variable in own_variables(lender):
        variable.value.assign_add(tf.ones_like(variable.value))
    for variable in state.variables:
        variable.assign_add(tf.ones_like(variable))
    for values in (row, kept):
        for value, old in zip(values, before, strict=True):
            np.testing.assert_array_equal(value, old)


def test_runs_that_begin_alike_have_copies():
    stacks = Stacks(3)
    stacks.set(0, [np.ones((2, 2)), np.int64(5)])
    stacks.set(1, [np.zeros((2, 2)), np.int64(7)])
    stacks.copy(0, 2)
    matrices, numbers = stacks.arrays
    np.testing.assert_array_equal(matrices[2], np.ones((2, 2)))
    assert numbers.tolist() == [5, 7, 5]
    assert stacks.row_bytes == 4 * 8 + 8
