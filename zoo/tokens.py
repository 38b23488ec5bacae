"""What networks of image patches have in common."""

import functools

import keras
import tensorflow as tf

from .initializers import layer_seed

_STDDEV = 0.02


@keras.saving.register_keras_serializable(package="normzoo")
class Positions(keras.layers.Layer):
    """Adds a trained vector to each token, and a class token in front.

    Both start from a truncated normal distribution with a standard deviation
    of 0.02.

    Args:
        class_token: whether to put one more token in front, the same for all
            examples.
        seed: integer, of the initial values.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: tokens `(batch, tokens, features)`.

    Example:

    >>> import numpy as np
    >>> from normzoo.zoo.tokens import Positions
    >>> Positions(class_token=True)(np.ones((2, 4, 3), "float32")).shape
    TensorShape([2, 5, 3])
    """

    def __init__(self, class_token=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.class_token = class_token
        self.seed = seed
        self.token = self.positions = None

    def build(self, input_shape):
        """Creates the weights."""
        _, tokens, features = input_shape
        if self.class_token:
            self.token = self._weight("token", (1, features))
        shape = (tokens + self.class_token, features)
        self.positions = self._weight("positions", shape)
        self.built = True

    def _weight(self, name, shape):
        seed = None if self.seed is None else layer_seed(self.seed, name)
        normal = keras.initializers.TruncatedNormal(stddev=_STDDEV, seed=seed)
        return self.add_weight(name=name, shape=shape, initializer=normal)

    def call(self, inputs):
        """Adds the positions to `inputs`, behind the class token."""
        x = inputs
        if self.token is not None:
            token = tf.convert_to_tensor(self.token)
            shape = tf.concat([tf.shape(x)[:1], tf.shape(token)], 0)
            x = tf.concat([tf.broadcast_to(token, shape), x], 1)
        return x + tf.convert_to_tensor(self.positions)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the inputs, with one more token."""
        batch, tokens, features = input_shape
        return (batch, tokens + self.class_token, features)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "class_token": self.class_token,
            "seed": self.seed,
        }


def embed(hidden, images, patch_size, width):
    """Returns the tokens of images: one linear map of each square patch.

    Args:
        hidden: the `Hidden` layers' options.
        images: a symbolic tensor.
        patch_size: pixels per side of a patch.
        width: features of a token.
    """
    conv = functools.partial(
        keras.layers.Conv2D, width, patch_size, strides=patch_size
    )
    x = hidden.linear(conv, "patches")(images)
    return keras.layers.Reshape((-1, width), name="tokens")(x)


def add_branch(branches, x, name, branch):
    """Returns `x` plus a branch of it, and the norm that belongs to it.

    With `norm_position="before"` the norm is the branch's first layer, with
    `"after"` it stands behind the addition.

    Args:
        branches: `Branches` of the network.
        x: tokens.
        name: of the branch; the layers' names end with it.
        branch: function of tokens that returns tokens.
    """
    hidden = branches.hidden
    first = hidden.norm_position == "before"
    y = branch(hidden.normalize(x, name) if first else x)
    y = branches.end(hidden.drop(y, name), name)
    x = keras.layers.Add(name=f"add_{name}")([x, y])
    return x if first else hidden.normalize(x, name)


def mix(hidden, x, name, units):
    """Returns two linear maps of the last axis, an activation between them."""
    width = x.shape[-1]
    first = functools.partial(keras.layers.Dense, units)
    second = functools.partial(keras.layers.Dense, width)
    x = hidden.activate(hidden.linear(first, f"{name}_0")(x), name)
    return hidden.linear(second, f"{name}_1")(x)


def check_patches(input_shape, patch_size):
    """Raises `ValueError` unless images consist of whole patches."""
    if len(input_shape) != 3:
        raise ValueError(
            "Patches are cut out of images of shape (height, width, channels). "
            f"Received: input_shape={tuple(input_shape)}."
        )
    if patch_size < 1 or any(side % patch_size for side in input_shape[:2]):
        raise ValueError(
            "patch_size must divide the image's height and width. Received: "
            f"patch_size={patch_size}, input_shape={tuple(input_shape)}."
        )
