"""The stacked variables of runs, and the model that they are lent to."""

import keras
import numpy as np
import pytest

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


@pytest.mark.parametrize("dtype", ["float32", "float64", "mixed_bfloat16"])
def test_a_model_is_lent_the_state_of_each_run(dtype):
    models = [new_model(rate, dtype) for rate in RATES]
    values = Stacks(len(models))
    for run, model in enumerate(models):
        values.set(run, values_of(model))
    lender = new_model(0.5, dtype)
    state = StackedState(
        lender,
        [model.optimizer for model in models],
        values.arrays,
        [[]] * len(models),
    )
    rows = state.rows(range(len(models)))
    for run, model in enumerate(models):
        state.load(rows[run])
        state.lend(run)
        pairs = zip(own_variables(lender), own_variables(model), strict=True)
        for got, expected in pairs:
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)


def test_runs_that_begin_alike_have_copies():
    stacks = Stacks(3)
    stacks.set(0, [np.ones((2, 2)), np.int64(5)])
    stacks.set(1, [np.zeros((2, 2)), np.int64(7)])
    stacks.copy(0, 2)
    matrices, numbers = stacks.arrays
    np.testing.assert_array_equal(matrices[2], np.ones((2, 2)))
    assert numbers.tolist() == [5, 7, 5]
    assert stacks.row_bytes == 4 * 8 + 8
