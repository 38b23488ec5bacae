"""How many runs fit into memory."""

import keras
import pytest

from normzoo.trainers.run.state import build_state
from normzoo.trainers.together import memory


def model_of(units):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])
    model.compile("adam", "mse")
    spec = keras.KerasTensor((2, 4)), keras.KerasTensor((2, units))
    build_state(model, spec)
    return model


def test_the_bytes_of_a_run():
    # Kernel and bias with two slots each, the rate and the mean of the loss
    # with its count; the step is of eight bytes.
    variables = 4 * (3 * (4 * 3 + 3) + 3) + 8
    outputs = 4 * 2 * 3
    inputs = 4 * 2 * 4
    expected = 3 * variables + 4 * (outputs + inputs)
    assert memory.bytes_of_run(model_of(3), batch_size=2) == expected


@pytest.mark.parametrize(
    ("cell", "states"),
    [
        (keras.layers.LSTMCell(8), 16),
        (keras.layers.GRUCell(8), 8),
        ([keras.layers.LSTMCell(8), keras.layers.GRUCell(4)], 20),
    ],
)
def test_each_time_step_of_a_recurrent_layer_counts(cell, states):
    layer = keras.layers.RNN(cell)
    layer(keras.Input((50, 4)))
    units = layer.output.shape[-1]
    found = memory._outputs(layer, batch_size=2)
    assert found == 4 * (2 * units + 3 * 2 * 50 * states)


@pytest.mark.parametrize(("free", "runs"), [(1e9, 100), (1e7, 1), (0, 1)])
def test_half_of_the_free_memory_is_taken(free, runs, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: free)
    monkeypatch.setattr(memory, "bytes_of_run", lambda *_: 5e6)
    assert memory.fitting_runs(None, 32) == runs
