"""One state of a run as a checkpoint of TensorFlow's."""

import tensorflow as tf

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_TEXT = "progress/.ATTRIBUTES/py_state"


class SavedState:
    """Writes and reads variables, and a text, as one checkpoint.

    `tf.train.Checkpoint` finds out at each call what there is to write, which
    takes longer than to write it. Here it does so once; further checkpoints
    hold the same names, and what they are then.

    Args:
        variables: name of a group -> list of `tf.Variable`.
    """

    def __init__(self, variables):
        self._text = _Text()
        self._checkpoint = tf.train.Checkpoint(progress=self._text, **variables)
        self._by_name = {
            f"{group}/{i}/.ATTRIBUTES/VARIABLE_VALUE": variable
            for group, each in variables.items()
            for i, variable in enumerate(each)
        }
        # Those of a strategy have values elsewhere, which it collects.
        self._is_simple = not any(
            isinstance(variable, tf.distribute.DistributedValues)
            for variable in self._by_name.values()
        )
        self._names, self._graph = None, None

    def read(self, path):
        """Sets the variables to what a checkpoint holds; returns the text.

        Args:
            path: `pathlib.Path` of the checkpoint, without an extension.

        Raises:
            AssertionError, ValueError: it holds other variables.
        """
        try:
            self._checkpoint.read(str(path)).assert_consumed()
        except tf.errors.InvalidArgumentError as error:  # of another type
            raise ValueError(error.message) from error
        return self._text.text

    def write(self, path, text):
        """Writes a checkpoint; its index comes last."""
        if self._names:
            self._write_again(path, text)
            return
        self._text.text = text
        self._checkpoint.write(str(path))
        if self._is_simple:
            self._learn(tf.train.load_checkpoint(str(path)))

    def _learn(self, reader):
        """Learns which names there are, if all are of the variables."""
        names = sorted(reader.get_variable_to_shape_map())
        if set(names) <= {*self._by_name, _GRAPH, _TEXT}:
            self._names, self._graph = names, reader.get_tensor(_GRAPH)

    def _write_again(self, path, text):
        tf.raw_ops.SaveV2(
            prefix=str(path),
            tensor_names=self._names,
            shape_and_slices=[""] * len(self._names),
            tensors=[self._value(name, text) for name in self._names],
        )

    def _value(self, name, text):
        if name in self._by_name:
            return self._by_name[name].read_value()
        return tf.constant(self._graph if name == _GRAPH else text)


class _Text(tf.train.experimental.PythonState):
    """A text in a checkpoint; variables of strings cannot be replicated."""

    def __init__(self):
        self.text = ""

    def serialize(self):
        return self.text

    def deserialize(self, string_value):
        self.text = tf.compat.as_str(string_value)
