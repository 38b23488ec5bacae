"""How many runs fit into memory."""

import keras
import pytest
import tensorflow as tf

from normzoo.trainers.inspection.memory import memory_of
from normzoo.trainers.run import state
from normzoo.trainers.together import memory

SIZE, STEPS = 2, 50


def built(layers):
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    state.build_state(model, batch_of(model))
    return model


def batch_of(model):
    shapes = model.input_shape, model.output_shape
    return tuple(tf.TensorSpec((SIZE, *shape[1:])) for shape in shapes)


def dense(units):
    return built([keras.Input((4,)), keras.layers.Dense(units)])


# Kernel and bias with two slots each, the rate and the mean of the loss with
# its count; the step is of eight bytes.
OF_DENSE = 4 * (3 * (4 * 3 + 3) + 3) + 8


def test_a_run_has_its_variables_and_what_is_kept():
    found = memory.bytes_of_run(dense(3), SIZE, kept=100)
    assert found == 3 * OF_DENSE + 4 * 100


def test_outputs_count_where_that_is_not_known():
    found = memory.bytes_of_run(dense(3), SIZE)
    assert found == 3 * OF_DENSE + 4 * (4 * SIZE * (4 + 3))


def test_each_time_step_of_a_recurrent_layer_is_kept():
    model = built([keras.Input((STEPS, 4)), keras.layers.LSTM(8)])
    # Four gates, two states and the tanh of one.
    least = 4 * SIZE * STEPS * 7 * 8
    assert memory_of(model, batch_of(model))["activations"] > least


@pytest.mark.parametrize(("free", "runs"), [(1e9, 100), (1e7, 1), (0, 1)])
def test_half_of_the_free_memory_is_taken(free, runs, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: free)
    monkeypatch.setattr(memory, "bytes_of_run", lambda *_: 5e6)
    assert memory.fitting_runs(None, 32) == runs
