"""The reference batch of a user's own model with virtual batch norms."""

import keras
import numpy as np
import tensorflow as tf

from ...layers import ReferenceModel, VirtualBatchNormalization
from ...layers.models.inner_layers import inner_layers
from ...layers.references.referring import Referring, referring
from ...layers.user_code import failure
from ..common.errors import InputError
from ..data import nested
from .likeness import has_own_code


def needs_reference(model):
    """Whether a model has virtual batch norms."""
    return bool(_virtual_norms(model))


def has_no_file(model):
    """Whether a model has a class that knows of its reference, and no file."""
    return isinstance(model, Referring)


def with_reference(model, inputs):
    """Returns a model that has a reference batch.

    Args:
        model: with virtual batch norms; it changes if it has code of its own.
        inputs: of the reference batch.
    """
    if has_own_code(model):
        return referring(model, inputs)
    return ReferenceModel(model, inputs)


def check_reference(model, examples, arguments):
    """Raises `InputError` if a model cannot have the reference batch it needs.

    One that has code of its own takes a step of training.

    Args:
        model: any; it changes.
        examples: a few `Examples`.
        arguments: of `compile`.
    """
    if not needs_reference(model):
        return
    texts = [
        name
        for name, x in nested.named(examples.inputs, "x")
        if np.asarray(x).dtype.kind in "OSTU"
    ]
    if texts:
        raise InputError(
            "Virtual batch norm keeps a reference batch, which cannot hold "
            f"texts. The model takes texts as {', '.join(texts)}. Leave "
            "'virtual' out, or encode the texts before they reach the model."
        )
    if has_own_code(model):
        _check_step(model, examples, arguments)


def _check_step(model, examples, arguments):
    x, *labels = examples.seen()
    try:
        referring(model, x, _Watched)
        model.compile(**arguments, run_eagerly=True)
        batches = tf.data.Dataset.from_tensors((x, *labels))
        model.fit(batches, verbose=0)
    except Exception as error:  # whatever the user's own code raises
        raise _impossible(model, failure(error).rstrip(".")) from error
    if not model.seen():
        raise _impossible(
            model,
            "a step of its training must call `self(x, training=True)`, and "
            "its `call` take `training`",
        )
    if not all(_equal(x, each) for each in model.seen()):
        raise _impossible(
            model,
            "its `train_step` changes the inputs before it calls the model. "
            "Let layers of the model do that",
        )
    for norm in _virtual_norms(model):
        if not np.any(norm.reference_count):
            raise _impossible(
                model,
                f"no call of the model in its training reaches {norm.name!r}",
            )


class _Watched(Referring):
    """Remembers the inputs that training gives to the model."""

    def seen(self):
        return vars(self).get("_seen", ())

    def refresh(self):
        """Does nothing: training alone is watched."""

    def with_reference(self, inputs):
        self._seen = (*self.seen(), inputs)
        return super().with_reference(inputs)


def _virtual_norms(model):
    layers = inner_layers(model)
    return [x for x in layers if isinstance(x, VirtualBatchNormalization)]


def _equal(given, seen):
    pairs = keras.tree.flatten(given), keras.tree.flatten(seen)
    return len(pairs[0]) == len(pairs[1]) and all(map(np.array_equal, *pairs))


def _impossible(model, why):
    return InputError(
        f"The model {model.name!r} cannot have virtual batch norms: {why}. "
        "Otherwise, leave 'virtual' out."
    )
