"""What each layer is made of again: a config, a file, a checkpoint."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from .selections import FEW, each_case
from .stepping import assert_close, perturbed


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
