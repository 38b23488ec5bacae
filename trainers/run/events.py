"""TensorBoard's event files, written without TensorFlow's operations.

`tf.summary.scalar` is an operation with conditions around it, and takes longer
than many a training step. What it writes is one record of a file.
"""

import os
import socket
import time

import tensorflow as tf

_PLUGIN = "scalars"


class EventFile:
    """Writes summaries to a new event file of a folder, as a context manager.

    The file is one that TensorBoard shows, as those of `tf.summary`.

    Args:
        folder: `pathlib.Path`; made if it is not there.
    """

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        moment = time.time()
        # Unique, and in the order of their making, as TensorBoard reads them.
        name = f"{moment:017.6f}.{socket.gethostname()}.{os.getpid()}.v2"
        path = folder / f"events.out.tfevents.{name}"
        self._writer = tf.io.TFRecordWriter(str(path))
        self._write(
            tf.compat.v1.Event(wall_time=moment, file_version="brain.Event:2")
        )
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Ends the file."""
        self._writer.close()

    def flush(self):
        """Hands what has been written so far to the operating system."""
        self._writer.flush()

    def add(self, summary, step, moment=None):
        """Writes what a plugin of TensorBoard shows.

        Args:
            summary: a `Summary`, TensorFlow's or TensorBoard's.
            step: integer.
            moment: in seconds since 1970; None: now.
        """
        moment = time.time() if moment is None else moment
        event = tf.compat.v1.Event(wall_time=moment, step=step)
        event.summary.MergeFromString(summary.SerializeToString())
        self._write(event)

    def add_graph(self, graph):
        """Writes a `GraphDef`; a folder has one."""
        event = tf.compat.v1.Event(wall_time=time.time())
        event.graph_def = graph.SerializeToString()
        self._write(event)

    def replace(self):
        """Makes TensorBoard forget what it has read in the folder before.

        A TensorBoard that is open would else show both, of one file after the
        other.
        """
        event = tf.compat.v1.Event(wall_time=time.time())
        event.session_log.status = tf.compat.v1.SessionLog.START
        self._write(event)

    def _write(self, event):
        self._writer.write(event.SerializeToString())


class ScalarEvents(EventFile):
    """Writes scalars to a new event file of a folder, as a context manager.

    Args:
        folder: as of `EventFile`.
    """

    def write(self, values, step, moment=None):
        """Writes scalars of one step.

        Args:
            values: tag -> number.
            step, moment: as of `add`.
        """
        moment = time.time() if moment is None else moment
        event = tf.compat.v1.Event(wall_time=moment, step=step)
        for tag, number in values.items():
            value = event.summary.value.add(tag=tag)
            value.metadata.plugin_data.plugin_name = _PLUGIN
            value.tensor.dtype = tf.float32.as_datatype_enum
            value.tensor.tensor_shape.SetInParent()
            value.tensor.float_val.append(number)
        self._write(event)
