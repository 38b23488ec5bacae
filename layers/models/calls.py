"""The calls inside a functional model."""

import dataclasses

import keras

from .kinds import as_functional, input_layer


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
        return _tensors(self.args, self.kwargs)

    @property
    def data_tensors(self):
        """The same without masks, which Keras adds by itself."""
        rest = {k: v for k, v in self.kwargs.items() if k != "mask"}
        return _tensors(self.args, rest)


def _tensors(*arguments):
    leaves = keras.tree.flatten(arguments)
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
