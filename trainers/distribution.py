"""Training on several devices and several machines, as if on one device.

A run has replicas, one per device, and workers, one per process.
"""

import functools

import tensorflow as tf

from .cluster import find_cluster
from .errors import InputError
from .meeting import meeting
from .pipeline import Part

STRATEGIES = ("none", "mirrored", "multi_worker")


@functools.cache
def strategy(name):
    """Returns the `tf.distribute.Strategy` of `config.distribution`.

    There is one of each per process: collective operations of a second one
    would be mixed up with those of the first.

    Args:
        name: `"none"`, one device; `"mirrored"`, all GPUs of this machine, or
            its logical CPUs where there is none; `"multi_worker"`, this
            machine and those that the environment names, see `find_cluster`.
            This one connects to the others: call it before all other
            operations of TensorFlow. It returns when all are there.

    Raises:
        InputError: the name is unknown, the environment names no workers, or
            TensorFlow has been used before.
    """
    if name not in STRATEGIES:
        raise InputError(
            f"Unknown distribution. Received: {name!r}. Expected one of: "
            f"{', '.join(STRATEGIES)}."
        )
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        list_devices = tf.config.list_logical_devices
        devices = list_devices("GPU") or list_devices("CPU")
        return tf.distribute.MirroredStrategy([d.name for d in devices])
    return _multi_worker(find_cluster())


def _multi_worker(cluster):
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}),
        task_type="worker",
        task_id=cluster.index,
        rpc_layer="grpc",
    )
    try:
        with meeting(cluster):
            return _MultiWorker(resolver)
    except RuntimeError as error:
        raise InputError(
            "distribution=multi_worker must come before all other uses of "
            f"TensorFlow in its process. {error}"
        ) from error


def check(config):
    """Raises `InputError` unless the replicas of `config` can train."""
    replicas = strategy(config.distribution).num_replicas_in_sync
    if config.batch_size % replicas:
        raise InputError(
            f"batch_size is that of all {replicas} replicas together and must "
            f"be a multiple of their number. Received: {config.batch_size}."
        )


def distribute(strategy, make_batches, *, endless=False):
    """Returns the data for `fit` or `evaluate` under a strategy.

    Args:
        strategy: of the model.
        make_batches: a function of a `Part`, which returns that part of all
            batches as a `tf.data.Dataset`.
        endless: whether the reader stops by itself. The replicas then need
            not ask each other at each step whether there are more.
    """
    if not strategy.extended._in_multi_worker_mode() and (
        strategy.num_replicas_in_sync == 1
    ):
        return make_batches(Part())

    def of_worker(context):
        count = context.num_replicas_in_sync // context.num_input_pipelines
        first = context.input_pipeline_id * count
        part = Part(context.num_replicas_in_sync, first, count)
        batches = make_batches(part)
        return batches.repeat() if endless else batches

    return strategy.distribute_datasets_from_function(of_worker)


class _MultiWorker(tf.distribute.MultiWorkerMirroredStrategy):
    """Reduces what Keras' `fit` wants reduced.

    These are structures, and scalars over their axis 0, neither of which
    TensorFlow's own method takes
    (https://github.com/keras-team/keras/issues/20585).
    """

    def reduce(self, reduce_op, value, axis):
        """Returns the sum or the mean over all replicas."""
        reduce = super().reduce

        def reduce_one(value):
            local = self.experimental_local_results(value)[0]
            scalar = local.shape.rank == 0
            return reduce(reduce_op, value, None if scalar else axis)

        return tf.nest.map_structure(reduce_one, value)
