"""A run's determinism is its own, and not the process's."""

import pytest
from tensorflow.python.framework import config as tf_config

from normzoo.trainers.run.as_found import as_found
from normzoo.trainers.run.determinism import set_determinism
from normzoo.trainers.run.session import Session


@pytest.fixture(autouse=True)
def as_before():
    with as_found():
        yield


def test_it_is_turned_on_and_off():
    for wanted in (True, False, True, True, False, False):
        Session().seed(0, wanted)
        assert tf_config.is_op_determinism_enabled() == wanted


def test_without_the_private_name_it_stays_on(monkeypatch):
    set_determinism(True)
    with monkeypatch.context() as patched:
        patched.delattr(tf_config, "disable_op_determinism")
        set_determinism(False)
    assert tf_config.is_op_determinism_enabled()
