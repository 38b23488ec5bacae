"""Graphs are freed through a private name of TensorFlow, if it is there."""

import contextlib
import importlib
import sys

import pytest
import tensorflow as tf

from normzoo.trainers.run import graphs


def trace():
    """Registers a gradient, as each trace of a custom gradient does."""

    @tf.custom_gradient
    def double(x):
        return 2 * x, lambda dy: 2 * dy

    tf.function(double).get_concrete_function(tf.TensorSpec([]))


def test_what_is_registered_inside_is_removed():
    trace()
    before = dict(graphs._registered_gradients())
    assert before  # else TensorFlow has moved the table
    with graphs.freed():
        trace()
        assert len(graphs._registered_gradients()) > len(before)
    assert graphs._registered_gradients() == before


def no_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow.python.framework", None)


def no_registry(monkeypatch):
    from tensorflow.python.framework import ops

    monkeypatch.delattr(ops, "gradient_registry")


def no_table(monkeypatch):
    from tensorflow.python.framework import ops

    monkeypatch.delattr(ops.gradient_registry, "_registry")


@pytest.mark.parametrize("hide", [no_module, no_registry, no_table])
def test_without_the_private_name_nothing_is_freed(hide, monkeypatch):
    before = len(graphs._registered_gradients())
    with contextlib.ExitStack() as stack:
        with monkeypatch.context() as patch:
            hide(patch)
            importlib.reload(graphs)
            stack.enter_context(graphs.freed())
        trace()
    assert len(graphs._registered_gradients()) > before
