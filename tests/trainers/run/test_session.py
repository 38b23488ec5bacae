"""The process-wide state of trainings has one owner."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.run.reuse import UNSHARED
from normzoo.trainers.run.session import Session


def test_sessions_of_a_process_have_the_same_strategies(two_replicas):
    with Session() as first, Session() as second:
        assert first.strategy("mirrored") is two_replicas
        assert second.strategy("mirrored") is two_replicas
        assert first.strategy("none") is tf.distribute.get_strategy()


def test_a_strategy_that_cannot_be_made_is_not_kept(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for _ in range(2):
        with pytest.raises(InputError, match="needs to know its workers"):
            Session().strategy("multi_worker")


def test_models_are_shared_only_on_request():
    assert Session().models is UNSHARED
    assert len(Session(reuse_models=True).models) == 0


@pytest.mark.slow
def test_a_run_leaves_no_layer_names_behind():
    with Session() as session:
        names = []
        for _ in range(3):
            with session.run():
                names.append(keras.layers.Dense(1).name)
    # The first run goes on with those that the session has found.
    assert names[1:] == ["dense", "dense"]


def test_seeds_are_those_of_python_numpy_and_tensorflow():
    drawn = []
    with Session() as session:
        for _ in range(2):
            session.seed(3, deterministic=False)
            drawn.append((np.random.rand(), float(tf.random.uniform([]))))
    assert drawn[0] == drawn[1]
