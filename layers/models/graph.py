"""The calls inside a functional model."""

import dataclasses
import functools

import keras


@functools.cache
def _functional():
    """The class of functional models, which has no public name."""
    x = keras.Input((1,))
    return type(keras.Model(x, x))


def is_graph(layer):
    """Whether `layer` is a model whose calls are known: no code of its own."""
    if isinstance(layer, keras.Sequential):
        return type(layer).call is keras.Sequential.call
    return isinstance(layer, _functional()) and (
        type(layer).call is _functional().call
    )


def as_functional(model):
    """Returns a plain functional model of the same layers and calls."""
    if isinstance(model, keras.Sequential):
        inputs, outputs = model.inputs, model.outputs
        outputs = outputs[0] if len(outputs) == 1 else outputs
        return keras.Model(inputs[0], outputs, name=model.name)
    return keras.Model(model.input, model.output, name=model.name)


def input_layer(functional, tensor):
    """Returns the layer that one of a functional model's inputs is of."""
    return next(
        layer
        for layer in functional.layers
        if isinstance(layer, keras.layers.InputLayer) and layer.output is tensor
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer or operation, seen symbolically.

    Attributes:
        operation: the layer or operation.
        args, kwargs: what it was called with.
        outputs: list of the tensors that it returned.
    """

    operation: keras.Operation
    args: tuple
    kwargs: dict
    outputs: list

    @property
    def input_tensors(self):
        """The tensors among the arguments, in their order."""
        leaves = keras.tree.flatten((self.args, self.kwargs))
        return [x for x in leaves if isinstance(x, keras.KerasTensor)]


class _StandIn(keras.Operation):
    """Has the outputs of an operation, and adds no call to it."""

    def __init__(self, operation):
        super().__init__()
        self.operation = operation

    def call(self, *args, **kwargs):
        return self.operation(*args, **kwargs)

    def compute_output_spec(self, *args, **kwargs):
        return self.operation.compute_output_spec(*args, **kwargs)


def calls_of(model):
    """Returns all calls in a model, in the order in which they run.

    Those of the input layers come first.

    Returns:
        `(calls, outputs)`: list of `Call`, and list of the model's outputs.
    """
    functional = as_functional(model)
    calls, inputs = [], {}
    for tensor in functional.inputs:
        layer = input_layer(functional, tensor)
        inputs[id(tensor)] = _copy_input(layer)
        calls.append(Call(layer, (), {}, [inputs[id(tensor)]]))

    def call(operation, *args, **kwargs):
        outputs = _StandIn(operation)(*args, **kwargs)
        flat = keras.tree.flatten(outputs)
        calls.append(Call(operation, args, kwargs, flat))
        return outputs

    copy = keras.models.clone_model(
        functional,
        input_tensors=keras.tree.map_structure(
            lambda tensor: inputs[id(tensor)], functional.input
        ),
        clone_function=lambda operation: operation,
        call_function=call,
    )
    return calls, list(copy.outputs)


def _copy_input(layer):
    return type(layer).from_config(layer.get_config()).output


class Graph:
    """Every call in a model and in the models nested in it.

    Attributes:
        calls: dict, operation -> its `Call`s, in the order in which they run.
        paths: dict, operation -> its name, after the names of the models that
            it is nested in: `"encoder/block1/bn"`.
    """

    def __init__(self, model):
        self.calls = {}
        self.paths = {}
        self._owners = {}
        self._readers = {}
        self._sources = {}
        self._outputs = set()
        self._visit(model, prefix="")

    def source(self, tensor):
        """The call that made a tensor."""
        return self._sources[id(tensor)]

    def readers(self, tensor):
        """The calls that take the tensor."""
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
        calls, outputs = calls_of(model)
        self._outputs.update(map(id, outputs))
        for call in calls:
            self._owners.setdefault(call.operation, set()).add(model)
            self._add(call, prefix)

    def _add(self, call, prefix):
        operation = call.operation
        for tensor in {id(t): t for t in call.input_tensors}.values():
            self._readers.setdefault(id(tensor), []).append(call)
        for tensor in call.outputs:
            self._sources[id(tensor)] = call
        self.calls.setdefault(operation, []).append(call)
        if operation in self.paths:
            return
        self.paths[operation] = prefix + operation.name
        if is_graph(operation):
            self._visit(operation, f"{prefix}{operation.name}/")


def _forces_training(call):
    values = (*call.args[1:], *call.kwargs.values())
    return any(isinstance(value, (bool, int)) and value for value in values)
