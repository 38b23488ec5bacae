"""What the constructors take, of every layer."""

import inspect
import json
import re

import keras
import numpy as np
import pytest

from normzoo import layers
from normzoo.layers.weight_norms.base import WeightNorm

from .cases import public_layers

LAYERS = sorted(public_layers(), key=lambda layer: layer.__name__)
SEVERAL_AXES = (
    layers.LayerNormalization,
    layers.PixelNormalization,
    layers.RMSNormalization,
    layers.ScaleNormalization,
)

#: NumPy's numbers, and the Python number that each is.
NUMBERS = {
    "axis": (np.int64(1), 1),
    "dropout": (np.float32(0.25), 0.25),
    "epsilon": (np.float32(1e-3), float(np.float32(1e-3))),
    "groups": (np.int32(4), 4),
    "initial_alpha": (np.float32(0.25), 0.25),
    "initial_shift": (np.int64(-1), -1),
    "initial_state_noise": (np.float16(0.5), 0.5),
    "learned_epsilon": (np.bool_(True), True),
    "max_growth": (np.float32(1.5), 1.5),
    "max_timesteps": (np.int64(7), 7),
    "momentum": (np.float64(0.9), 0.9),
    "normalize_input": (np.bool_(False), False),
    "population_steps": (np.int64(5), 5),
    "power_iterations": (np.int64(3), 3),
    "splits": (np.int64(3), 3),
    "units": (np.array(3), 3),
    "virtual_batch_size": (np.int32(8), 8),
}

#: Values that make no sense, by the name of the argument.
SENSELESS = {
    "axis": ["one", 1.5, None, []],
    "epsilon": [-1e-3, np.nan, np.inf, np.float32(-1), "small", None],
    "groups": [0, -2, 2.5, np.int64(0)],
    "initial_alpha": [np.nan, np.inf, None, True],
    "initial_shift": [np.nan, "0"],
    "initial_state_noise": [-0.1, np.nan],
    "max_growth": [0.0, -1, np.nan, np.inf, "2"],
    "max_timesteps": [0, -1, 2.5, np.int64(0)],
    "momentum": [-0.1, 1.1, np.nan, np.float32(2)],
    "population_steps": [0, 2.5, None],
    "power_iterations": [0, -1, 2.5, np.int64(0)],
    "renorm_momentum": [-0.1, 1.1, np.nan],
    "splits": [0, 1, 2.5, None],
    "units": [0, -3, 2.5, np.int64(-1)],
    "virtual_batch_size": [0, -1, 2.5, np.int64(0)],
}

#: Arguments of the base class that a layer does not take.
WITHOUT = {
    layers.InstanceNormalization: {"groups"},
    layers.EvoNormB0: {"renorm", "virtual_batch_size"},
    layers.IndRNN: {
        "epsilon",
        "normalize_input",
        "normalize_recurrent",
        "normalize_cell",
        "cell_zoneout",
    },
}


def names(layer):
    """Returns the names of a constructor's arguments, inherited ones, too."""
    found = set()
    for kind in layer.__mro__:
        if issubclass(kind, keras.layers.Layer) and kind not in (
            keras.layers.Layer,
            keras.layers.RNN,
        ):
            found.update(inspect.signature(kind.__init__).parameters)
    if issubclass(layer, keras.layers.RNN):
        found.add("dropout")
    return found - WITHOUT.get(layer, set())


def make(layer, **kwargs):
    if issubclass(layer, keras.layers.RNN):
        kwargs = {"units": 2, **kwargs}
    if issubclass(layer, WeightNorm):
        kwargs["layer"] = keras.layers.Dense(2)
    return layer(**kwargs)


def is_plain(value):
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


@pytest.mark.parametrize(
    "layer",
    # Which takes no number.
    [layer for layer in LAYERS if layer is not layers.WeightNormalization],
    ids=lambda layer: layer.__name__,
)
def test_numpy_numbers_are_numbers(layer):
    numbers = {k: v for k, v in NUMBERS.items() if k in names(layer)}
    assert numbers
    made = make(layer, **{k: given for k, (given, _) in numbers.items()})
    config = made.get_config()
    assert is_plain(config)
    json.dumps(config)
    for name, (_, expected) in numbers.items():
        assert config[name] == expected
        assert type(config[name]) is type(expected)
    again = layer.from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config


@pytest.mark.parametrize("layer", SEVERAL_AXES)
@pytest.mark.parametrize(
    "axis", [np.array([1, 2]), (np.int64(2), 1), [np.int8(-1), -2]], ids=str
)
def test_several_axes(layer, axis):
    made = layer(axis=axis)
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    expected = layer(axis=[1, 2])(x)
    np.testing.assert_array_equal(made(x), expected)
    assert sorted(a % 3 for a in made.get_config()["axis"]) == [1, 2]
    assert is_plain(made.get_config())


def test_numbers_given_by_position_and_within():
    layer = layers.BatchNormalization(
        np.int64(1),
        np.float32(0.5),
        renorm=np.bool_(True),
        renorm_clipping={"rmax": np.float32(2.0)},
    )
    config = layer.get_config()
    assert (config["axis"], config["momentum"]) == (1, 0.5)
    assert config["renorm_clipping"] == {"rmax": 2.0}
    assert is_plain(config)


def senseless():
    for layer in LAYERS:
        for name in sorted(SENSELESS.keys() & names(layer)):
            for value in SENSELESS[name]:
                label = f"{layer.__name__}-{name}-{value!r}"
                yield pytest.param(layer, name, value, id=label)


@pytest.mark.parametrize(("layer", "name", "value"), list(senseless()))
def test_senseless_values_are_refused(layer, name, value):
    renorm = {"renorm": True} if name.startswith("renorm") else {}
    error = TypeError if name == "axis" else ValueError
    received = value.item() if isinstance(value, np.generic) else value
    with pytest.raises(error, match=re.escape(f"{name}={received!r}")):
        make(layer, **{name: value}, **renorm)


def test_senseless_values_by_position():
    with pytest.raises(ValueError, match=re.escape("momentum=1.5")):
        layers.BatchNormalization(-1, 1.5)
    with pytest.raises(ValueError, match=re.escape("epsilon=-1")):
        layers.VirtualBatchNormalization(-1, -1)
    with pytest.raises(ValueError, match=re.escape("units=0")):
        layers.LayerNormGRU(0)


def impossible_axes():
    for layer in (layer for layer in LAYERS if "axis" in names(layer)):
        several = layer in SEVERAL_AXES
        # As in Keras, some take the batch's axis for one like others.
        batch = not several and layer is not layers.BatchNormalization
        for axis in (3, -4, *[[1, 2]][several:], *[0, -3][: 2 * batch]):
            label = f"{layer.__name__}-{axis}"
            yield pytest.param(layer, axis, id=label)


@pytest.mark.parametrize(("layer", "axis"), list(impossible_axes()))
def test_axis_that_the_inputs_do_not_have(layer, axis):
    with pytest.raises((ValueError, TypeError)):
        layer(axis=axis)(np.ones((2, 3, 4), "float32"))
