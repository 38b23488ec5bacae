"""Where in memory the values of a traced function are, and how large."""

import math

import tensorflow as tf

#: Operation -> which of its inputs it returns as it is; None: each of them.
_PASSED = {"Identity": 0, "IdentityN": None}
#: The same of those that return it, in the same place in memory, as another
#: shape, or an element of it.
_SAME = _PASSED | {
    "ExpandDims": 0,
    "PreventGradient": 0,
    "Reshape": 0,
    "Squeeze": 0,
    "StopGradient": 0,
    "OptionalGetValue": 0,
    "TensorListGetItem": 0,
    "TensorListFromTensor": 0,
}
#: What these return takes no memory of its own, or next to none.
_FREE = ("ReadVariableOp", "Const")
#: Operation -> which of its inputs it puts into a list.
_PUT = {"TensorListPushBack": 1, "TensorListSetItem": 2}
#: Attributes of operations that tell the type of what they return.
_TYPES = ("DstT", "dtype", "Tout", "output_types", "T")
_LOOPS = ("While", "StatelessWhile")
_CHOICES = ("If", "StatelessIf")


class UnknownSizeError(Exception):
    """A graph does not tell how large something is."""


class Function:
    """A function of a graph's library.

    A value has a name such as `"dense/MatMul:product:0"`; that of an argument
    has no colon.

    Args:
        name: of the function.
        library: name -> `FunctionDef` with shapes.

    Attributes:
        arguments: their names.
        returns: the names of the values that it returns.
    """

    def __init__(self, name, library):
        definition = library[name]
        self._library = library
        self._nodes = {node.name: node for node in definition.node_def}
        self.arguments = [a.name for a in definition.signature.input_arg]
        outputs = definition.signature.output_arg
        self.returns = [definition.ret[output.name] for output in outputs]

    def memory(self, name, shape, dtype):
        """Returns place in memory -> bytes, of one of the values."""
        source = self.source(name)
        node = self._node(source)
        if dtype == tf.resource or (node and node.op in _FREE):
            return {}
        if dtype == tf.variant:
            return self._of_variant(name)
        if not shape.is_fully_defined():
            if node and node.op.startswith("FusedBatchNorm"):
                return {}  # what its kernel for GPUs keeps for itself
            raise UnknownSizeError(name)
        return {source: shape.num_elements() * dtype.size}

    def source(self, name):
        """Returns the name of the value that has the same place in memory."""
        return self._back(name, _SAME)

    def _back(self, name, operations):
        """Returns the name of the value that operations have passed on."""
        node = self._node(name)
        while node is not None and node.op in operations:
            place = operations[node.op]
            name = node.input[_place(name) if place is None else place]
            node = self._node(name)
        return name

    def _node(self, name):
        """Returns the node that makes a value; None for an argument."""
        return self._nodes.get(name.partition(":")[0])

    def _of_variant(self, name):
        """Returns the same of a list of a loop, or of a value of a branch."""
        name = self._back(name, _PASSED)
        node = self._node(name)
        if node is not None and node.op in _LOOPS:
            return self._of_list(node, _place(name))
        if node is not None and node.op in _CHOICES:
            return self._of_choice(node, name)
        if node is not None and node.op == "TensorListFromTensor":
            return self._of_given(name)
        raise UnknownSizeError(name)

    def _of_list(self, loop, place):
        body = _Body(loop.attr["body"].func.name, self._library)
        put = body.put_into(place)
        if put is None:  # The same list in each round: it is only read.
            return self._of_given(loop.input[place])
        if put in body.arguments:
            return self._of_given(loop.input[body.arguments.index(put)])
        if body.is_free(put):
            return {}
        rounds = max(map(self._length, loop.input))
        size = rounds * self._element(loop.input[place])
        return {f"{loop.name}/{put}": size}

    def _of_choice(self, choice, name):
        """Counts all branches, though one of them is taken."""
        found, place = {name: 0}, _place(name)
        for key in ("then_branch", "else_branch"):
            branch = Function(choice.attr[key].func.name, self._library)
            for value in branch.optional(place):
                if value in branch.arguments:
                    # The first input tells which branch is taken.
                    place_outside = 1 + branch.arguments.index(value)
                    found |= self._of_given(choice.input[place_outside])
                else:
                    inside = branch.memory(value, *branch.type_of(value))
                    found[name] += sum(inside.values())
        return found

    def optional(self, place):
        """Yields the value that a branch returns there, if it has one."""
        node = self._node(self.source(self.returns[place]))
        if node is not None and node.op == "OptionalFromValue":
            yield self.source(node.input[0])
        elif node is None or node.op != "OptionalNone":
            raise UnknownSizeError(self.returns[place])

    def _of_given(self, name):
        """Returns the same of what a loop or a branch is given."""
        name = self._back(name, _PASSED)
        node = self._node(name)
        if node is None or node.op in _FREE:
            return {}
        if node.op == "TensorListFromTensor":
            return {self.source(name): self._length(name) * self._element(name)}
        return self.memory(name, *self.type_of(name))

    def type_of(self, name):
        """Returns the shape and the type of a node's value."""
        node = self._node(name)
        shapes = [
            tf.TensorShape(shape)
            for shape in node.attr["_output_shapes"].list.shape
        ]
        # Values that make one list have numbers, others names.
        several = ":output:" in name and len(shapes) > 1
        if len(shapes) > 1 and not several:
            raise UnknownSizeError(name)
        place = _place(name) if several else 0
        for key in _TYPES:
            kind = node.attr[key]
            if kind.type or kind.list.type:
                dtype = kind.type or kind.list.type[place]
                return shapes[place], tf.as_dtype(dtype)
        raise UnknownSizeError(name)

    def _length(self, name):
        """Returns how many elements a list has; 0 if that is not known."""
        node = self._node(self._back(name, _PASSED))
        if node is None:
            return 0
        if node.op == "TensorListFromTensor":
            shape, _ = self.type_of(node.input[0])
            if shape.rank is None or shape[0] is None:
                raise UnknownSizeError(name)
            return shape[0]
        if node.op in ("EmptyTensorList", "TensorListReserve"):
            count = self._constant(node.input[1])
            return 0 if count is None else int(count)
        return 0

    def _element(self, name):
        """Returns the bytes of an element of a list."""
        node = self._node(self._back(name, _PASSED))
        given = node.input[1 if node.op == "TensorListFromTensor" else 0]
        shape = self._constant(given)
        if shape is None or (shape < 0).any():
            raise UnknownSizeError(name)
        dtype = tf.as_dtype(node.attr["element_dtype"].type)
        return math.prod(shape.tolist()) * dtype.size

    def _constant(self, name):
        node = self._node(name)
        if node is None or node.op != "Const":
            return None
        return tf.make_ndarray(node.attr["value"].tensor)


class _Body(Function):
    """The body of a loop, whose results are its arguments in the next round."""

    def put_into(self, place):
        """Returns the name of what a round adds to a list; None if nothing."""
        name = self.source(self.returns[place])
        if name in self.arguments:
            return None
        node = self._node(name)
        if node.op not in _PUT:
            raise UnknownSizeError(name)
        put = self.source(node.input[_PUT[node.op]])
        if put in self.arguments:
            # The round before has made it, or it is the same in each round.
            return self.source(self.returns[self.arguments.index(put)])
        return put

    def is_free(self, name):
        """Whether a value takes no memory of its own."""
        return self._node(name).op in _FREE


def _place(name):
    """Returns the number in `"node:output:3"`."""
    return int(name.rpartition(":")[2])
