"""Imports the layers and runs each, where no private name can be found.

The imports of this package's modules are given TensorFlow and Keras without
what is not public. Keras itself needs its own names, and keeps them.
"""

import builtins
import sys
import types

import keras
import tensorflow as tf

PRIVATE = {
    "tensorflow": (
        "tensorflow.python",
        "tensorflow.core",
        "tensorflow.compiler",
    ),
    "keras": ("keras.src",),
}
HIDDEN = ("__internal__", "python", "core", "src")

real_import = builtins.__import__


class Public(types.ModuleType):
    """A module without the names that are not public."""

    def __init__(self, module):
        super().__init__(module.__name__)
        self.__dict__["_module"] = module

    def __getattr__(self, name):
        if name in HIDDEN:
            raise AttributeError(f"{name!r} is hidden")
        return getattr(self._module, name)


ROOTS = {"tensorflow": Public(tf), "keras": Public(keras)}


def public_import(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    is_ours = importer.partition(".")[0] == "normzoo"
    if level or not is_ours:
        return real_import(name, globals, locals, fromlist, level)
    root = name.partition(".")[0]
    if name.startswith(PRIVATE.get(root, ())):
        raise ImportError(f"{name} is hidden from {importer}")
    if name in ROOTS or (root in ROOTS and not fromlist):
        return ROOTS[root]
    return real_import(name, globals, locals, fromlist, level)


def arguments(layer, layers):
    """Returns what a layer's class cannot do without."""
    if layer is layers.Conditional:
        return [layers.LayerNormalization(), layers.VectorCondition()]
    if issubclass(layer, keras.layers.Wrapper):
        return [keras.layers.Dense(3)]
    return [3] if issubclass(layer, keras.layers.RNN) else []


def main():
    assert not any(name.startswith("normzoo") for name in sys.modules)
    builtins.__import__ = public_import
    from normzoo import layers
    from normzoo.layers.numerics import target

    assert target.enclosing_xla_context() is None
    x = tf.random.stateless_normal((4, 3, 3), (0, 0))
    for name in layers.__all__:
        layer = getattr(layers, name)
        is_layer = isinstance(layer, type) and issubclass(
            layer, keras.layers.Layer
        )
        # A condition is called by what it is part of.
        if not is_layer or name.endswith("Condition"):
            continue
        if issubclass(layer, keras.Model):
            continue
        layer = layer(*arguments(layer, layers))
        kwargs = {"training": True} if layer._call_has_training_arg else {}
        if name == "Conditional":
            kwargs["condition"] = x[:, 0]
        run = tf.function(layer, autograph=False, jit_compile=True)
        for call in (layer, run):
            assert call(x, **kwargs).shape[0] == 4, name
        print("ran", name)


if __name__ == "__main__":
    main()
