"""What norms are given inside of recurrent layers, at each step in time."""

import contextlib
import threading

import keras
import tensorflow as tf

from ...layers.models.call_hooks import watched
from ...layers.models.inner_layers import inner_layers
from ...layers.recurrent.base import NormalizedRNN


def norms_in_cells(model):
    """Returns Keras' recurrent layers -> the layers inside of their cells.

    At any depth; our own ones have no layers there.
    """
    return {
        layer: inner_layers(layer.cell)
        for layer in inner_layers(model)
        if isinstance(layer, keras.layers.RNN)
    }


@contextlib.contextmanager
def watched_loops(model, norms, note, note_sites):
    """Tells what norms inside of recurrent layers are given and return.

    Args:
        model: the model.
        norms: layers in it.
        note: function `note(norm, inputs, outputs, mask)` of a norm inside of a
            cell of `keras.layers.RNN`; the tensors are those of all steps,
            (batch, time, ...), in the order in which they are read.
        note_sites: function `note_sites(layer, moments, real)` of a recurrent
            layer of this package, as `NormalizedRNN.noting` has it.
    """
    with contextlib.ExitStack() as stack:
        for layer in norms:
            if isinstance(layer, NormalizedRNN):
                stack.enter_context(layer.noting(_of_layer(layer, note_sites)))
        for layer, inside in norms_in_cells(model).items():
            if mine := [norm for norm in norms if norm in inside]:
                stack.enter_context(_watched_loop(layer, mine, note))
        yield


def _of_layer(layer, note):
    return lambda moments, real: note(layer, moments, real)


@contextlib.contextmanager
def _watched_loop(layer, norms, note):
    """Lets a loop return what its norms are given, besides its outputs.

    Nothing else leaves the body of a loop.
    """
    run, call = layer.inner_loop, layer.cell.call
    # Each replica has a thread, and their calls may take turns.
    now = threading.local()

    def step(*args, **kwargs):
        seen = []
        with watched(norms, lambda *found: seen.append(found[:3])):
            output, states = call(*args, **kwargs)
        graph = tf.compat.v1.get_default_graph()
        seen = [each for each in seen if each[2].graph is graph]
        now.order = [norm for norm, *_ in seen]
        given = [tensors for _, *tensors in seen]
        now.steps.append(given)
        return (output if layer.unroll else (output, given)), states

    def loop(sequences, initial_state, mask, training=False):
        now.steps = []
        if layer.unroll:
            found = run(sequences, initial_state, mask, training)
            given = tf.nest.map_structure(_in_time, *now.steps)
        else:
            with _all_steps(layer):
                last, outputs, states = run(
                    sequences, initial_state, mask, training
                )
            outputs, given = outputs
            found = last[0], outputs, states
        if mask is not None and layer.go_backwards:
            mask = tf.reverse(mask, [1])
        for norm, tensors in zip(now.order, given, strict=True):
            note(norm, *tensors, mask)
        return found

    try:
        vars(layer)["inner_loop"], vars(layer.cell)["call"] = loop, step
        yield
    finally:
        vars(layer).pop("inner_loop", None)
        vars(layer.cell).pop("call", None)


def _in_time(*tensors):
    return tf.stack(tensors, 1)


@contextlib.contextmanager
def _all_steps(layer):
    """Lets a loop return the outputs of all steps, and not the last alone."""
    wanted = layer.return_sequences
    try:
        vars(layer)["return_sequences"] = True
        yield
    finally:
        vars(layer)["return_sequences"] = wanted
