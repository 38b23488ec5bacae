"""What the layers know of what runs them, and what they do without it."""

import numpy as np
import pytest
import tensorflow as tf

from normzoo.layers.numerics import target
from normzoo.layers.numerics.arithmetic import moments

from ..selections import ONE_PER_LAYER
from ..stepping import check_compiled


def answers(jit_compile):
    """Returns the answers in a function, a loop and a function within."""
    found = []

    def note(x):
        found.append(target.under_xla())
        return x + 1

    @tf.function(jit_compile=jit_compile, autograph=False)
    def run(x):
        note(x)
        (x,) = tf.while_loop(lambda x: x < 3, lambda x: (note(x),), (x,))
        return tf.function(note)(x)

    run(tf.constant(0.0))
    return set(found)


def test_tensorflow_still_says_what_is_compiled():
    """Fails where TensorFlow has no such name any more."""
    assert target.enclosing_xla_context() is not None
    assert answers(jit_compile=True) == {True}
    assert answers(jit_compile=False) == {False}
    assert not target.under_xla()


@pytest.fixture
def without_private_name(monkeypatch):
    monkeypatch.setattr(target, "enclosing_xla_context", lambda: None)


def test_without_its_word_graphs_may_be_compiled(without_private_name):
    assert answers(jit_compile=True) == {True}
    assert answers(jit_compile=False) == {True}
    assert not target.under_xla()


#: The other recurrent layers have no path of their own.
CASES = [
    case
    for case in ONE_PER_LAYER
    if not case.name.endswith(("layer-gru", "simple-rnn"))
]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_layers_compute_the_same_without_it(case, without_private_name):
    check_compiled(case)


def test_sums_far_from_zero_without_it(without_private_name):
    x = np.random.default_rng(0).normal(1000, 0.1, (99991, 2))
    run = tf.function(lambda x: moments(x, [0]), autograph=False)
    mean, variance, _ = run(tf.constant(x, tf.float32))
    np.testing.assert_allclose(mean[0], x.mean(0), 0, 2e-3)
    np.testing.assert_allclose(variance[0], x.var(0), 1e-3)
