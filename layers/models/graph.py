"""The calls inside a functional model, and a copy of it with changes."""

import keras
from keras.src.models.functional import Functional
from keras.src.saving.serialization_lib import SafeModeScope


def is_graph(layer):
    """Whether `layer` is a model whose calls are known: no code of its own."""
    if isinstance(layer, keras.Sequential):
        return type(layer).call is keras.Sequential.call
    return isinstance(layer, Functional) and (
        type(layer).call is Functional.call
    )


def as_functional(model):
    """Returns a plain functional model of the same layers and calls."""
    if isinstance(model, keras.Sequential):
        inputs, outputs = model.inputs, model.outputs
        outputs = outputs[0] if len(outputs) == 1 else outputs
        return keras.Model(inputs[0], outputs, name=model.name)
    return keras.Model(model.input, model.output, name=model.name)


def source(tensor):
    """The node, one call of one operation, that made a symbolic tensor."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


class Graph:
    """Every call in a model and in the models nested in it.

    Attributes:
        calls: dict, operation -> its nodes, in the order in which they run.
        paths: dict, operation -> its name, after the names of the models that
            it is nested in: `"encoder/block1/bn"`.
    """

    def __init__(self, model):
        self.calls = {}
        self.paths = {}
        self._owners = {}
        self._readers = {}
        self._outputs = set()
        self._visit(model, prefix="")

    def readers(self, tensor):
        """The nodes that take the tensor."""
        return self._readers.get(id(tensor), [])

    def is_output(self, tensor):
        """Whether the tensor leaves the model, or the nested one it is in."""
        return id(tensor) in self._outputs

    def always_trains(self, operation):
        """Whether a call of it, or of a model around it, says `training`."""
        return any(map(_forces_training, self.calls.get(operation, ()))) or any(
            map(self.always_trains, self._owners.get(operation, ()))
        )

    def _visit(self, model, prefix):
        functional = as_functional(model)
        self._outputs.update(id(tensor) for tensor in functional.outputs)
        by_depth = sorted(functional._nodes_by_depth.items(), reverse=True)
        for _, nodes in by_depth:
            for node in nodes:
                self._owners.setdefault(node.operation, set()).add(model)
                self._add(node, prefix)

    def _add(self, node, prefix):
        operation = node.operation
        for tensor in {id(t): t for t in node.input_tensors}.values():
            self._readers.setdefault(id(tensor), []).append(node)
        self.calls.setdefault(operation, []).append(node)
        if operation in self.paths:
            return
        self.paths[operation] = prefix + operation.name
        if is_graph(operation):
            self._visit(operation, f"{prefix}{operation.name}/")


def _forces_training(node):
    values = (*node.arguments.args[1:], *node.arguments.kwargs.values())
    return any(isinstance(value, (bool, int)) and value for value in values)


def copy_model(model, skip=(), changes=None):
    """Copies a model and its weights, without some layers.

    Args:
        model: a functional or Sequential model.
        skip: layers to leave out: the copy passes their input on.
        changes: dict, layer -> dict of entries of its config to replace. The
            weights of such a layer are not copied.

    Returns:
        `(copy, copies)`: the new functional model, and the dict layer -> its
        copy. A layer that is called several times has one copy.
    """
    changes = changes or {}
    copies = {}

    def copy(layer):
        if layer not in copies:
            copies[layer] = layer if layer in skip else copy_new(layer)
        return copies[layer]

    def copy_new(layer):
        if is_graph(layer):
            return clone(layer)
        config = {**layer.get_config(), **changes.get(layer, {})}
        return type(layer).from_config(config)

    def call(layer, *args, **kwargs):
        if layer in skip:
            return args[0] if args else kwargs["inputs"]
        return layer(*args, **kwargs)

    def clone(graph):
        functional = as_functional(graph)
        return keras.models.clone_model(
            functional,
            input_tensors=keras.tree.map_structure(
                _copy_input, functional.input
            ),
            clone_function=copy,
            call_function=call,
        )

    # The model is in memory: its Lambda layers are no file of a stranger's.
    with SafeModeScope(safe_mode=False):
        copied = clone(model)
    for layer, twin in copies.items():
        if layer not in skip and layer not in changes and not is_graph(layer):
            _copy_variables(layer, twin)
    return copied, copies


def _copy_input(tensor):
    # clone_model would name the input after the tensor, not after its layer.
    layer = source(tensor).operation
    return type(layer).from_config(layer.get_config()).output


def _copy_variables(layer, twin):
    # An operation such as `x + y` is no layer and has no variables.
    for old, new in zip(
        getattr(layer, "variables", ()),
        getattr(twin, "variables", ()),
        strict=True,
    ):
        new.assign(old)
