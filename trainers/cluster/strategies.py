"""Training on several devices and several machines, as if on one device.

A run has replicas, one per device, and workers, one per process.
"""

import tensorflow as tf

from ..common.errors import InputError
from ..data.pipeline import Part
from .addresses import find_cluster
from .rendezvous import join
from .workers import worker_index, workers

STRATEGIES = ("none", "mirrored", "multi_worker")


def create(name):
    """Returns a new `tf.distribute.Strategy` for `config.distribution`.

    Call it once per name and process, as `Session.strategy` does: collective
    operations of a second strategy would be mixed up with those of the first.

    Args:
        name: `"none"`, one device; `"mirrored"`, all GPUs of this machine, or
            its logical CPUs where there is none; `"multi_worker"`, this
            machine and those that the environment names, see `find_cluster`.
            This one returns when all workers are connected; call it before
            any other operation of TensorFlow.

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
        with join(cluster):
            return _MultiWorker(resolver)
    except RuntimeError as error:
        raise InputError(
            "distribution=multi_worker must come before all other uses of "
            f"TensorFlow in its process. {error}"
        ) from error


def check(config, strategy):
    """Raises `InputError` unless the strategy's replicas can train."""
    replicas = strategy.num_replicas_in_sync
    if config.jit_compile and config.distribution != "none":
        raise InputError(
            "XLA cannot compile a step that several devices share. "
            f"Received: jit_compile=True, distribution={config.distribution}. "
            "Set --config.jit_compile=False."
        )
    if config.batch_size % replicas:
        raise InputError(
            f"batch_size is the total of all {replicas} replicas, and must be "
            f"a multiple of {replicas}. Received: {config.batch_size}."
        )


def distribute(strategy, make_batches):
    """Returns data for Keras; whoever reads it has to count the steps.

    For several replicas the data are endless, so that the replicas need not
    ask each other at each step whether there are more.

    Args:
        strategy: of the model.
        make_batches: a function of a `Part`, which returns that part of all
            batches as a `tf.data.Dataset`.
    """
    part = _part(strategy)
    return _of_replicas(strategy, part, make_batches(part))


def distribute_one_pass(strategy, make_batches):
    """Returns the data of `distribute` and the steps of one pass over them.

    Args:
        strategy: of the model.
        make_batches: as in `distribute`, with a known number of batches.
    """
    part = _part(strategy)
    batches = make_batches(part)
    # The batches of a worker's replicas follow each other.
    steps = len(batches) // part.count
    return _of_replicas(strategy, part, batches), steps


def _of_replicas(strategy, part, batches):
    if part == Part():
        return batches
    endless = batches.repeat()
    return strategy.distribute_datasets_from_function(lambda context: endless)


def _part(strategy):
    """Returns the `Part` of this worker."""
    replicas = strategy.num_replicas_in_sync
    count = replicas // workers(strategy)
    return Part(replicas, worker_index(strategy) * count, count)


class _MultiWorker(tf.distribute.MultiWorkerMirroredStrategy):
    """The strategy of TensorFlow, with a `reduce` that works for Keras' `fit`.

    Keras reduces nested structures, and scalars over axis 0. TensorFlow's own
    method takes neither (https://github.com/keras-team/keras/issues/20585).
    """

    def reduce(self, reduce_op, value, axis):
        """Returns the sum or the mean over all replicas."""
        reduce = super().reduce

        def reduce_one(value):
            local = self.experimental_local_results(value)[0]
            scalar = local.shape.rank == 0
            return reduce(reduce_op, value, None if scalar else axis)

        return tf.nest.map_structure(reduce_one, value)
