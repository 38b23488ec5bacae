"""Trainings give back the state of the process that they have found."""

import contextlib
import random
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from normzoo.trainers.run import as_found
from normzoo.trainers.run.determinism import is_deterministic, set_determinism
from normzoo.trainers.run.session import Session, opened


def uniform():
    return float(tf.random.uniform([]))


def keras_uniform():
    return float(keras.random.uniform([]))


def seeded(draw, draws):
    """Seeds everything, and has drawn some numbers."""

    def prepare():
        keras.utils.clear_session()  # Keras 3.12 seeds none that there is.
        keras.utils.set_random_seed(1)
        for _ in range(draws):
            draw()

    return prepare


def policy():
    return keras.config.dtype_policy().name


def layer_name():
    return keras.layers.Dense(1).name


def two_layers():
    keras.backend.clear_session()
    layer_name(), layer_name()


#: What is -> what a user has done, and what tells it.
STATE = {
    "determinism on": (lambda: set_determinism(True), is_deterministic),
    "determinism off": (lambda: set_determinism(False), is_deterministic),
    "python": (seeded(random.random, 3), random.random),
    "numpy": (seeded(np.random.rand, 3), np.random.rand),
    "tensorflow": (seeded(uniform, 0), uniform),
    "tensorflow under way": (seeded(uniform, 3), uniform),
    "no seed": (
        lambda: tf.random.set_seed(None),
        lambda: tf.compat.v1.get_seed(5),
    ),
    "keras": (seeded(keras_uniform, 0), keras_uniform),
    "keras under way": (seeded(keras_uniform, 3), keras_uniform),
    "policy": (
        lambda: keras.config.set_dtype_policy("mixed_bfloat16"),
        policy,
    ),
    "printing": (
        keras.config.disable_interactive_logging,
        keras.config.is_interactive_logging_enabled,
    ),
    "layer names": (two_layers, layer_name),
}
PUBLIC = ("python", "numpy", "policy", "printing")


@pytest.fixture(autouse=True)
def _nothing_stays():
    with as_found.as_found():
        yield


@contextlib.contextmanager
def training():
    """Changes all that trainings do."""
    with Session(reuse_models=True) as session:
        for deterministic in (True, False, not is_deterministic()):
            session.seed(1, deterministic)
            with session.run():
                layer_name()
                for draw in (random.random, np.random.rand, uniform):
                    draw()
                keras_uniform()
                keras.config.set_dtype_policy("float32")
                keras.config.enable_interactive_logging()
        yield


@pytest.mark.parametrize("name", STATE)
def test_what_a_session_has_found_is_given_back(name):
    prepare, read = STATE[name]
    prepare()
    expected = read()
    prepare()
    with training():
        pass
    assert read() == expected


def test_it_is_given_back_after_an_error():
    set_determinism(False)
    with contextlib.suppress(KeyError), training():
        set_determinism(True)
        raise KeyError
    assert not is_deterministic()


def test_an_open_session_gives_nothing_back_before_it_ends():
    set_determinism(False)
    with Session() as outer:
        with opened(outer) as session:
            session.seed(0, True)
        assert session is outer
        assert is_deterministic()
    assert not is_deterministic()
    with opened() as session:
        session.seed(0, True)
    assert not is_deterministic()


@pytest.mark.parametrize(
    "module",
    ["tensorflow.python.eager", "keras.src.backend.common"],
)
@pytest.mark.parametrize("name", PUBLIC)
def test_without_private_names_the_rest_is_given_back(
    name, module, monkeypatch
):
    prepare, read = STATE[name]
    prepare()
    expected = read()
    prepare()
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, module, None)
        session = Session().__enter__()
        session.seed(1, deterministic=True)
        keras.config.set_dtype_policy("float32")
        keras.config.enable_interactive_logging()
        session.__exit__()
    assert read() == expected


def test_whether_there_is_a_seed(monkeypatch):
    tf.random.set_seed(None)
    assert not as_found.has_seed()
    tf.random.set_seed(1)
    assert as_found.has_seed()
    monkeypatch.setattr(as_found, "_context", as_found._Nothing)
    assert as_found.has_seed()  # nobody can tell


def test_a_session_may_end_with_its_process(monkeypatch):
    """When Python shuts down, TensorFlow's private names cannot be imported."""
    tf.random.set_seed(1)
    session = Session().__enter__()
    monkeypatch.setattr(as_found, "_context", as_found._Nothing)
    session.__exit__()
