"""Every call in a model and in the models nested in it."""

import keras

from .attributes import names_inside
from .calls import calls_of
from .kinds import is_graph


class Graph:
    """Every call in a model and in the models nested in it.

    Attributes:
        calls: dict, operation -> its `Call`s, in the order in which they run.
        paths: dict, operation -> its name, after the names of the models that
            it is nested in: `"encoder/block1/bn"`.
        outputs: dict, model -> list of the tensors that leave it.
    """

    def __init__(self, model):
        self.calls = {}
        self.paths = {}
        self.outputs = {}
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

    def hidden(self):
        """Yields the layers inside layers that are no such models.

        Yields:
            `(path, layer, outer)`: what it is in is an `outer`.
        """
        for outer, path in self.paths.items():
            if isinstance(outer, keras.Layer) and not is_graph(outer):
                for layer, name in names_inside(outer).items():
                    yield f"{path}/{name}", layer, outer

    def _visit(self, model, prefix):
        calls, outputs = calls_of(model)
        self.outputs[model] = outputs
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
