"""A model whose virtual batch norms see a reference batch."""

import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..norms.reference_scope import leading_reference
from ..numerics.annotations import Config, Structure
from .reference_inputs import (
    ModelInputs,
    concatenate,
    concatenate_mask,
    reference_arrays,
)
from .refreshing import Refreshed


@keras.saving.register_keras_serializable(package="normzoo")
class ReferenceModel(Refreshed, keras.Model):
    """Gives the virtual batch norms inside a model their reference batch.

    With `training=True`, the reference batch passes through the whole model
    ahead of the inputs, with the current weights; only the outputs for the
    inputs are returned. Gradients flow through the reference, too. A training
    step costs about as much as one with both batches. With `training=False`,
    the layers use the statistics they have stored, and no reference is needed.

    The stored statistics belong to the weights they were computed with. `fit`
    refreshes them at the end of each epoch, before validation and callbacks,
    and when it ends, whatever has changed the weights, such as a weight average
    of the optimizer or a callback. `predict`, `evaluate`, `export` and saving
    (`save`, `save_weights`) refresh them first, so they use the current
    weights. After other changes of the weights (your own training loop, `fit`
    of a model around this one, `set_weights`), call `refresh()` before you call
    the model itself or write a `tf.train.Checkpoint`.

    The reference batch is saved with the model, as a weight. A configuration
    holds only its shape: a model that `from_config` creates has a reference of
    zeros.

    Other layers treat the reference as part of the batch. In particular, a
    `BatchNormalization` takes its batch statistics over both. A virtual batch
    norm can be used once per model, and must receive the examples on the first
    axis, in their order. With recomputation (`keras.remat`) it cannot see the
    reference.

    Args:
        model: a functional or sequential model, built.
        reference_batch: inputs that `model` can be called on: an array, or a
            list, tuple or dict of arrays, with the size of one batch. From a
            `tf.data.Dataset`, the first batch is taken without its labels.
        **kwargs: arguments of `keras.Model`, e.g. `name`.

    Call arguments:
        inputs: those of `model`, in any structure and dtype that it takes.
        training: whether to pass the reference through the model.

    Attributes:
        model: the model inside.
        reference: list of weights, the reference batch for each input.
        inputs, outputs, input, output, input_shape, output_shape: those of
            `model`.

    Raises:
        ValueError: the model has no inputs of its own, or the reference batch
            does not fit them, or is empty.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from normzoo.layers import ReferenceModel, VirtualBatchNormalization
    >>> model = keras.Sequential([
    ...     keras.Input((8,)),
    ...     keras.layers.Dense(16),
    ...     VirtualBatchNormalization(),
    ...     keras.layers.Dense(1),
    ... ])
    >>> x = np.random.default_rng(0).normal(size=(32, 8)).astype("float32")
    >>> model = ReferenceModel(model, reference_batch=x[:16])
    >>> model.compile("adam", "mse")
    >>> _ = model.fit(x, x[:, :1], epochs=2, verbose=0)
    >>> model.predict(x, verbose=0).shape
    (32, 1)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498).
    """

    def __init__(
        self, model: keras.Model, reference_batch: Any, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.autocast = False
        _check(model)
        self.model = model
        inputs = ModelInputs(model)
        arrays = reference_arrays(inputs, reference_batch)
        # In a function, for it is no part of the model to be saved.
        self._inputs = lambda: inputs
        self._given = tuple(array is not None for array in arrays)
        self.reference = []
        for i, array in enumerate(arrays):
            if array is not None:
                self.reference.append(self._add_reference(i, array))
        self.built = True  # As the model inside is.

    def _add_reference(self, i, array):
        weight = self.add_weight(
            name=f"reference_{i}",
            shape=array.shape,
            dtype=str(array.dtype),
            initializer="zeros",
            trainable=False,
            autocast=False,
        )
        weight.assign(array)
        return weight

    def call(
        self, inputs: Structure, training: bool | None = None
    ) -> Structure:
        """Returns the model's outputs for `inputs`."""
        if not training:
            inputs = self._inputs().pick(inputs)
            return self.model(inputs, training=training)
        rows = self.reference[0].shape[0]
        examples, masks = self._inputs()(inputs)
        both = list(map(concatenate, self._references(), examples))
        masks = [concatenate_mask(rows, mask) for mask in masks]
        pack = self._inputs().pack
        masked = any(mask is not None for mask in masks)
        with leading_reference(rows):
            outputs = self.model(
                pack(both), training=True, mask=pack(masks) if masked else None
            )
        return keras.tree.map_structure(lambda y: y[rows:], outputs)

    def _references(self):
        """Returns a tensor for each of the model's inputs, or None."""
        weights = iter(self.reference)
        return [tf.identity(next(weights)) if x else None for x in self._given]

    def refresh(self) -> None:
        """Computes the remembered statistics with the weights as they are.

        The reference goes through the model as in inference: nothing is dropped
        out, and batch norms use their moving statistics.
        """
        inputs = self._inputs().pack(self._references())
        with leading_reference(self.reference[0].shape[0]):
            self.model(inputs, training=False)

    def export(
        self,
        filepath: str | os.PathLike,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Writes the model for inference; see `keras.Model.export`."""
        self.refresh()
        if input_signature is None:
            input_signature = [self._inputs().specs()]
        super().export(filepath, format, verbose, input_signature, **kwargs)

    def get_config(self) -> Config:
        """Returns the model's configuration and the reference's shape."""
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "reference_shapes": [
                None if x is None else list(x.shape) for x in self._references()
            ],
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Any] | None = None
    ) -> "ReferenceModel":
        """Makes a model with a reference of zeros, for weights to be loaded."""
        config = dict(config)
        model = keras.saving.deserialize_keras_object(
            config.pop("model"), custom_objects
        )
        zeros = [
            None if shape is None else np.zeros(shape)
            for shape in config.pop("reference_shapes")
        ]
        return cls(model, ModelInputs(model).pack(zeros), **config)

    @property
    def inputs(self) -> list[keras.KerasTensor]:
        """The model's symbolic inputs, as a list."""
        return self.model.inputs

    @property
    def outputs(self) -> list[keras.KerasTensor]:
        """The model's symbolic outputs, as a list."""
        return self.model.outputs

    @property
    def input(self) -> Structure:
        """The model's symbolic inputs, in the structure it was made with."""
        return self._inputs().structure

    @property
    def output(self) -> Structure:
        """The model's symbolic outputs, in the structure it was made with."""
        sequential = isinstance(self.model, keras.Sequential)
        return self.outputs[0] if sequential else self.model.output

    @property
    def input_shape(self) -> Any:
        """The shape of the model's input, or a list of shapes."""
        return self.model.input_shape

    @property
    def output_shape(self) -> Any:
        """The shape of the model's output, or a list of shapes."""
        return self.model.output_shape

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs; `compile` takes losses by them."""
        return self.model.output_names


def _check(model):
    if not getattr(model, "inputs", None):
        raise ValueError(
            "A ReferenceModel takes a functional model, or a sequential one "
            f"that is built. Received: {model!r}. Give a sequential model a "
            "keras.Input first."
        )
