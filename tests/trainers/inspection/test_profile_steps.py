"""A profile of chosen steps, in any `fit`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.callbacks import ExactResume, ProfileSteps
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.inspection.profile_steps import profile_callbacks


def network(**compiled):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **compiled)
    return model


def fit(model, *callbacks, epochs=2):
    """Takes four steps an epoch."""
    x = np.ones((8, 2), "float32")
    model.fit(
        x, x[:, :1], batch_size=2, epochs=epochs, verbose=0, callbacks=callbacks
    )


def interrupt(batch, logs):
    if batch == 1:
        raise KeyboardInterrupt


@pytest.fixture
def profiled(monkeypatch):
    """Begin and end of what is recorded, in steps that were complete."""
    seen, model = [], network()

    def note(*args):
        seen.append(int(model.optimizer.iterations))

    monkeypatch.setattr(tf.profiler.experimental, "start", note)
    monkeypatch.setattr(tf.profiler.experimental, "stop", note)
    return model, seen


#: First and last, steps a call, steps before -> what was complete when it
#: began and ended.
STEPS = {
    "inside": (2, 3, 1, [1, 3]),
    "one": (1, 1, 1, [0, 1]),
    "over two epochs": (4, 6, 1, [3, 6]),
    "longer than the training": (7, 20, 1, [6, 8]),
    "later": (9, 10, 1, []),
    "calls that hold them": (4, 5, 2, [2, 6]),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_are_those_of_the_optimizer(name, profiled, tmp_path):
    first, last, per_call, expected = STEPS[name]
    model, seen = profiled
    model.compile(model.optimizer, "mse", steps_per_execution=per_call)
    fit(model, ProfileSteps(tmp_path, first, last))
    assert seen == expected


def test_a_resumed_training_goes_on_counting(profiled, tmp_path):
    model, seen = profiled
    fit(model)
    fit(model, ProfileSteps(tmp_path, 10, 11))
    assert seen == [9, 11]


def test_so_does_one_that_is_resumed_within_an_epoch(profiled, tmp_path):
    model, seen = profiled
    resume = ExactResume(tmp_path / "run", save_freq=1)
    stop = keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(model, resume, stop)
    fit(model, ExactResume(tmp_path / "run"), ProfileSteps(tmp_path, 4, 4))
    assert seen == [3, 4]


@pytest.mark.slow
def test_the_files_are_where_tensorboard_looks(tmp_path):
    fit(network(), ProfileSteps(tmp_path, 3, 4))
    (path,) = (tmp_path / "plugins/profile").rglob("*.xplane.pb")
    assert path.stat().st_size > 1000
    # A second one begins again.
    fit(network(), ProfileSteps(tmp_path / "again", 3, 4))


def test_two_at_a_time_are_refused(tmp_path):
    tf.profiler.experimental.start(str(tmp_path))
    try:
        with pytest.raises(InputError, match="already profiling"):
            fit(network(), ProfileSteps(tmp_path, 1, 2))
    finally:
        tf.profiler.experimental.stop(save=False)


@pytest.mark.parametrize("steps", [(0, 1), (3, 2), (1.0, 2), (True, 2)])
def test_steps_that_are_none_are_refused(steps, tmp_path):
    with pytest.raises(
        InputError, match=r"whole numbers of at least 1.*Received"
    ):
        ProfileSteps(tmp_path, *steps)


@pytest.mark.parametrize("given", [["3"], ["a", "4"], ["1", "2", "3"]])
def test_a_flag_that_names_no_steps_is_refused(given):
    with pytest.raises(InputError, match=r"such as 10,14\. Received"):
        profile_callbacks(given, "run")
