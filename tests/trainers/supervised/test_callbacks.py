"""Callbacks of the user's own: how configs name them, what they change."""

import json

import keras
import pytest

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.together import ALONE
from normzoo.trainers.supervised import callbacks
from normzoo.trainers.supervised.choice import choose, structure
from normzoo.trainers.supervised.trainer import TRAINER

CODE = """
import keras

class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True

def make():
    return [Stop()]

def one():
    return Stop()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own_callbacks.py"
    path.write_text(CODE)
    return path


def test_each_run_has_its_own(file):
    config = default.get_config()
    assert callbacks.make_callbacks(config) == []
    config.callbacks = f"{file}:make"
    (first,), (second,) = (callbacks.make_callbacks(config) for _ in range(2))
    assert first is not second


def test_a_function_that_this_process_alone_knows():
    def make():
        return [keras.callbacks.Callback()]

    config = default.get_config()
    config.callbacks = callbacks.name_of(make)
    assert len(callbacks.make_callbacks(config)) == 1
    with pytest.raises(InputError, match=r"defined in a notebook.*jobs=1"):
        callbacks.name_of(make, instead="set jobs=1")


def test_callbacks_of_other_code_make_another_run(config, tmp_path):
    def name_of(patience):
        def make():
            return [keras.callbacks.EarlyStopping(patience=patience)]

        return callbacks.name_of(make)

    config.callbacks = name_of(1)
    held = TRAINER.resolve(config)
    rundir = TRAINER.rundir(config, tmp_path)
    rundir.start(held, {})
    rundir.check(TRAINER.resolve(config))
    assert config.callbacks == name_of(2)
    with pytest.raises(InputError, match=r"callbacks_code: '[0-9a-f]{12}' t"):
        TRAINER.rundir(config, tmp_path).check(TRAINER.resolve(config))
    # An older version did not note it.
    del held["callbacks_code"]
    (tmp_path / "config.json").write_text(json.dumps({"config": held}))
    TRAINER.rundir(config, tmp_path).check(TRAINER.resolve(config))


@pytest.mark.parametrize("name", ["make_it", "one", "Stop.__name__"])
def test_what_makes_no_callbacks(name, file, config, tmp_path):
    config.callbacks = f"{file}:{name}"
    with pytest.raises(InputError, match=r"cannot be found|returns a list of"):
        classify.train(config, tmp_path / "run", verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_callback_acts_on_the_training(file, config, tmp_path):
    plain = classify.train(config, tmp_path / "plain", verbose=0)
    config.callbacks = f"{file}:make"
    stopped = classify.train(config, tmp_path / "stopped", verbose=0)
    assert stopped["steps"] == plain["steps"] // config.epochs


def test_runs_with_callbacks_train_alone(file):
    config = default.get_config()
    assert structure(config) is not None
    config.callbacks = f"{file}:make"
    assert structure(config) is None
    assert choose(config, 1, "auto").mode == ALONE
    with pytest.raises(InputError, match="callbacks act on one model"):
        choose(config, 1, "stacked")
