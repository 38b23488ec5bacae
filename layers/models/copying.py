"""A copy of a model with changes."""

import inspect

import keras

from .inner_layers import inner_layers
from .kinds import as_functional, input_layer, is_graph
from .layer_state import copy_state, copy_trainable, prepare


def copy_model(
    model, skip=(), changes=None, others=None, behind=None, alone=()
):
    """Copies a model with all its state; some layers are left out, or others.

    Args:
        model: a functional or Sequential model.
        skip: layers to leave out: the copy passes their input on.
        changes: dict, layer -> dict of entries of its config to replace. The
            state of such a layer is not copied.
        others: dict, layer -> the layer that stands in its place, not called
            yet. Its state is its own.
        behind: dict, layer -> list of layers that are called one after the
            other on its outputs.
        alone: those of `others` that take less than the layers they replace:
            only the first argument of each call is passed.

    Returns:
        `(copy, copies)`: the new functional model, and the dict layer -> its
        copy. A layer that is called several times has one copy.
    """
    copying = _Copying(
        frozenset(skip),
        changes or {},
        others or {},
        behind or {},
        frozenset(alone),
    )
    copied = trusting(lambda: copying.clone(model), inner_layers(model))
    copying.finish(model, copied)
    return copied, copying.copies


class _Copying:
    """One copy of a model, as it grows."""

    def __init__(self, skip, changes, others, behind, alone):
        self.skip = skip
        self.changes = changes
        self.others = others
        self.copies = {}
        self._behind = behind
        self._alone = alone
        self._added = {}

    def clone(self, graph):
        functional = as_functional(graph)

        def copy_input(tensor):
            # clone_model would name the input after the tensor.
            layer = input_layer(functional, tensor)
            new = type(layer).from_config(layer.get_config()).output
            if self._alone:
                # Keras 3.12 refuses an input that no layer reads any more.
                keras.layers.Identity(name=f"read_{layer.name}")(new)
            return new

        return keras.models.clone_model(
            functional,
            input_tensors=keras.tree.map_structure(
                copy_input, functional.input
            ),
            clone_function=self._copy,
            call_function=self._call,
        )

    def finish(self, model, copied):
        """Copies what is beside the configurations."""
        graphs = [(a, b) for a, b in self.copies.items() if is_graph(a)]
        # From the outside in, as `trainable` goes.
        for old, new in [(model, copied), *reversed(graphs)]:
            copy_trainable(old, new)
        for old, new in self.copies.items():
            if old in self.skip or is_graph(old):
                continue
            if not isinstance(old, keras.Layer):
                continue  # An operation such as `x + y` has no state.
            if old in self.changes or old in self.others:
                copy_trainable(old, new)
            else:
                copy_state(old, new)

    def _copy(self, layer):
        if layer not in self.copies:
            new = self.copies[layer] = self._copy_new(layer)
            self._added[new] = self._behind.get(layer, ())
        return self.copies[layer]

    def _copy_new(self, layer):
        if layer in self.skip:
            return layer
        if layer in self.others:
            return self.others[layer]
        if is_graph(layer):
            return self.clone(layer)
        config = {**layer.get_config(), **self.changes.get(layer, {})}
        new = type(layer).from_config(config)
        if isinstance(layer, keras.Layer) and layer not in self.changes:
            prepare(layer, new)
        return new

    def _call(self, layer, *args, **kwargs):
        first = args[0] if args else kwargs.get("inputs")
        if layer in self.skip:
            return first
        if layer in self._alone:
            args, kwargs = (first,), {}
        if not _takes_mask(layer):
            # Another layer took it here. This one's outputs keep the mask of
            # its inputs all the same.
            kwargs = {k: v for k, v in kwargs.items() if k != "mask"}
        outputs = layer(*args, **kwargs)
        for added in self._added.get(layer, ()):
            outputs = added(outputs)
        return outputs


def _takes_mask(layer):
    parameters = inspect.signature(layer.call).parameters.values()
    return any(p.name == "mask" or p.kind is p.VAR_KEYWORD for p in parameters)


def trusting(function, layers):
    """Calls a function and lets Keras make layers of any kind in it.

    The model is in memory: its Lambda layers are no file of a stranger's, and
    its classes need not be registered. Keras has a public name for such a scope
    only around `from_config`.
    """
    results, errors = [], []

    def from_config(config):
        del config
        try:
            results.append(function())
        except Exception as error:  # Keras would call it a config's.
            errors.append(error)

    own = type("_Call", (), {"from_config": staticmethod(from_config)})
    name_of = keras.saving.get_registered_name
    keras.saving.deserialize_keras_object(
        {"class_name": "_Call", "config": {}, "registered_name": "_Call"},
        custom_objects={
            **{name_of(type(layer)): type(layer) for layer in layers},
            "_Call": own,
        },
        safe_mode=False,
    )
    if errors:
        raise errors[0]
    return results[0]
