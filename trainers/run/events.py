"""TensorBoard's event files, written without TensorFlow's operations.

`tf.summary.scalar` is an operation with conditions around it, and takes longer
than many a training step. What it writes is one record of a file.
"""

import functools
import os
import re
import socket
import time

import tensorflow as tf

from ..common.errors import InputError, writing
from ..common.files import make_folder

_PLUGIN = "scalars"
#: Of the names of files.
PREFIX = "events.out.tfevents."
_MOMENT = re.compile(r"\d+(\.\d{6})?(?=\.)")
_TICK = 1e-6  # the last digit of a moment in a name


class EventFile:
    """Writes summaries to a new event file of a folder, as a context manager.

    The file is one that TensorBoard shows, as those of `tf.summary`.

    Args:
        folder: `pathlib.Path`; made if it is not there.
    """

    def __init__(self, folder):
        make_folder(folder)
        moment = time.time()
        first = max(moment, _newest(folder) + _TICK)
        name = f"{first:017.6f}.{socket.gethostname()}.{os.getpid()}.v2"
        path = folder / f"{PREFIX}{name}"
        self._writing = functools.partial(writing, f"The events {path}")
        with self._writing():
            self._writer = tf.io.TFRecordWriter(str(path))
        version = tf.compat.v1.Event(
            wall_time=moment, file_version="brain.Event:2"
        )
        try:
            self._write(version)
            self.flush()
        except InputError:
            with self._writing():
                path.unlink()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Ends the file."""
        with self._writing():
            self._writer.close()

    def flush(self):
        """Hands what has been written so far to the operating system."""
        with self._writing():
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
        with self._writing():
            self._writer.write(event.SerializeToString())


def _newest(folder):
    """Returns the moment in the name of a folder's last file of events, or 0.

    TensorBoard reads files in the order of their names, and goes on to later
    ones only: a clock that was set back must not change that.
    """
    names = (path.name for path in folder.glob(f"{PREFIX}*"))
    found = (_MOMENT.match(name.removeprefix(PREFIX)) for name in names)
    return max((float(moment[0]) for moment in found if moment), default=0.0)


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
