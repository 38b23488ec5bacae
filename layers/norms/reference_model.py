"""A model whose virtual batch norms see a reference batch."""

import keras
import numpy as np
import tensorflow as tf

from .reference_scope import leading_reference


@keras.saving.register_keras_serializable(package="normzoo")
class ReferenceModel(keras.Model):
    """Gives the virtual batch norms inside a model their reference batch.

    With `training=True` the reference batch goes through the whole model in
    front of the inputs, with the weights of this moment; the outputs are those
    of the inputs. Gradients flow through the reference, too. A training step
    costs about as much as one with both batches. With `training=False` the
    layers use the statistics they remember, and no reference is needed.

    What is remembered belongs to the weights it was computed with. `fit`
    refreshes it at the end of each epoch, before validation and callbacks, and
    saving (`save`, `save_weights`) before it writes. After other changes of the
    weights (a training loop of your own, `fit` of a model around this one,
    `set_weights`), and before a `tf.train.Checkpoint`, call `refresh()`.

    The reference batch is saved with the model, as a weight. A configuration
    alone holds its shape only: what `from_config` makes has a reference of
    zeros.

    Other layers treat the reference as part of the batch. In particular, a
    `BatchNormalization` takes its batch statistics over both. A virtual batch
    norm can be used once per model, and must see the examples on the first axis
    in their order. Recomputation (`keras.remat`) hides the reference from it.

    Args:
        model: a functional or sequential model, built.
        reference_batch: an array, or a structure of arrays like the inputs of
            `model`; of the size of one batch, chosen once.
        **kwargs: arguments of `keras.Model`, e.g. `name`.

    Call arguments:
        inputs: as of `model`.
        training: whether to push the reference through the model.

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

    def __init__(self, model, reference_batch, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False
        self.model = model
        arrays = _like_inputs(model, reference_batch)
        self.reference = [
            self.add_weight(
                name=f"reference_{i}",
                shape=array.shape,
                dtype=str(array.dtype),
                initializer="zeros",
                trainable=False,
                autocast=False,
            )
            for i, array in enumerate(arrays)
        ]
        for weight, array in zip(self.reference, arrays, strict=True):
            weight.assign(array)
        self.built = True  # As the model inside is.

    def call(self, inputs, training=None):
        """Returns the model's outputs for `inputs`."""
        if not training:
            return self.model(inputs, training=training)
        rows = self.reference[0].shape[0]
        both = keras.tree.pack_sequence_as(
            inputs,
            [
                _concatenate(reference, x)
                for reference, x in zip(
                    self.reference, keras.tree.flatten(inputs), strict=True
                )
            ],
        )
        with leading_reference(rows):
            outputs = self.model(both, training=True)
        return keras.tree.map_structure(lambda y: y[rows:], outputs)

    def refresh(self):
        """Computes the remembered statistics with the weights as they are.

        The reference goes through the model as in inference: nothing is dropped
        out, and batch norms use their moving statistics.
        """
        inputs = keras.tree.pack_sequence_as(
            _structure(self.model),
            [tf.identity(value) for value in self.reference],
        )
        with leading_reference(self.reference[0].shape[0]):
            self.model(inputs, training=False)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        **kwargs,
    ):
        """Trains the model; see `keras.Model.fit`."""
        callbacks = callbacks or []
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.callbacks.insert(0, _Refresh())
            callbacks.set_model(self)
        else:
            callbacks = [_Refresh(), *keras.tree.flatten(callbacks)]
        return super().fit(
            x, y, batch_size, epochs, verbose, callbacks, **kwargs
        )

    def save_own_variables(self, store):
        """Writes the reference batch, after refreshing what comes next."""
        # Keras calls this before it writes the layers, whatever is saved: this
        # model, its weights alone, or a model around it.
        self.refresh()
        super().save_own_variables(store)

    def get_config(self):
        """Returns the model's configuration and the reference's shape."""
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "reference_shapes": [
                list(weight.shape) for weight in self.reference
            ],
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a model with a reference of zeros, for weights to be loaded."""
        config = dict(config)
        model = keras.saving.deserialize_keras_object(
            config.pop("model"), custom_objects
        )
        shapes = config.pop("reference_shapes")
        reference = keras.tree.pack_sequence_as(
            _structure(model), [np.zeros(shape) for shape in shapes]
        )
        return cls(model, reference, **config)


class _Refresh(keras.callbacks.Callback):
    """Keeps what is remembered fresh, wherever `fit` uses it."""

    def on_test_begin(self, logs=None):
        self.model.refresh()

    def on_epoch_end(self, epoch, logs=None):
        self.model.refresh()


def _structure(model):
    # A sequential model has no `input` before its first call.
    sequential = isinstance(model, keras.Sequential)
    return model.inputs[0] if sequential else model.input


def _concatenate(reference, x):
    if not x.shape[1:].is_compatible_with(reference.shape[1:]):
        raise ValueError(
            "The inputs must have the sizes of the reference batch, except for "
            f"the first. Received: inputs of shape {x.shape} with a reference "
            f"batch of shape {reference.shape}."
        )
    x = tf.convert_to_tensor(x)
    return tf.concat([tf.cast(reference, x.dtype), x], 0)


def _like_inputs(model, reference_batch):
    """Returns the arrays of a reference batch, in the types of the inputs."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ValueError(
            "A ReferenceModel takes a functional model, or a sequential one "
            f"that is built. Received: {model!r}. Give a sequential model a "
            "keras.Input first."
        )
    arrays = keras.tree.flatten(reference_batch)
    shapes = [np.shape(array) for array in arrays]
    fits = len(shapes) == len(inputs) and all(
        shape and shape[0] and tf.TensorShape(shape).is_compatible_with(x.shape)
        for shape, x in zip(shapes, inputs, strict=True)
    )
    if not fits or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(
            "The reference batch must be like the model's inputs and have the "
            f"same number of examples, one at least, for each. Received shapes "
            f"{shapes}. Expected: {[x.shape for x in inputs]}."
        )
    return [
        np.asarray(array).astype(x.dtype)
        for array, x in zip(arrays, inputs, strict=True)
    ]
