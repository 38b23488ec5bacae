"""The benchmark suite `distributed`: what a second process is good for."""

import multiprocessing
import os
import statistics
import time

from ... import zoo
from ...configs import default
from ..cluster import strategies
from ..cluster.addresses import on_this_machine
from ..cluster.heartbeat import monitor
from ..data import loading, pipeline
from ..run.session import Session
from ..supervised.build import compiled_model
from .report import Table

#: Images of each worker in a step.
_SHARE = 64
_MODELS = {"mlp": 512, "cnn": 32}  # name -> width
_STEPS = 30
_REPEATS = 3
_WORKERS = (2, 4, 8, 16, 64)


def run():
    """Measures one and two processes; computes what more have to send."""
    cores = sorted(os.sched_getaffinity(0))
    counts = [count for count in (1, 2) if count <= len(cores)]
    rates = {count: _rates(count, cores) for count in counts}
    rows = [
        {
            "model": name,
            "processes": count,
            "images per s": round(rates[count][name]),
            "efficiency": rates[count][name] / count / rates[1][name],
        }
        for name in _MODELS
        for count in counts
    ]
    title = f"One core a process, digits at 28x28, {_SHARE} images a process"
    return [
        Table(title, rows),
        Table("MB that a worker sends in a step", _volumes()),
    ]


def _rates(count, cores):
    """Returns model -> images per second of `count` processes together."""
    # Forking a process that has started TensorFlow deadlocks.
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    processes = [
        context.Process(
            target=_worker, args=(cluster, cores[cluster.index], results)
        )
        for cluster in on_this_machine(count)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"A worker ended with {process.exitcode}.")
    return results.get()


def _worker(cluster, core, results):
    os.sched_setaffinity(0, {core})
    os.environ["TF_CONFIG"] = cluster.tf_config()
    several = len(cluster.addresses) > 1
    strategy = Session().strategy("multi_worker" if several else "none")
    with monitor(cluster, patience=30), strategy.scope():
        rates = {name: _rate(strategy, name) for name in _MODELS}
    if cluster.index == 0:
        results.put(rates)


def _rate(strategy, name):
    """Returns images per second, the median of some runs of `fit`."""
    config = _config(strategy, name)
    data = loading.load_data(config)
    model = compiled_model(config, data)

    def batches(part):
        return pipeline.training_batches(
            data.train, config.batch_size, _REPEATS * _STEPS, 0, part=part
        )

    def fit():
        model.fit(
            strategies.distribute(strategy, batches),
            steps_per_epoch=_STEPS,
            shuffle=False,
            verbose=0,
        )

    fit()  # compiles
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        fit()
        seconds.append(time.perf_counter() - start)
    return _STEPS * config.batch_size / statistics.median(seconds)


def _config(strategy, name):
    config = default.get_config()
    config.model.name = name
    config.model.width = _MODELS[name]
    config.dataset.image_size = 28
    config.batch_size = _SHARE * strategy.num_replicas_in_sync
    if strategy.num_replicas_in_sync > 1:
        config.distribution = "multi_worker"
    return config


def _volumes():
    """Returns a row for each model: bytes that a ring of workers sends.

    Each of n workers sends 2 (n - 1) / n times what is summed up: gradients,
    and moving statistics, whose mean is taken.
    """
    rows = []
    for name, width in _MODELS.items():
        model = zoo.MODELS[name]((28, 28, 1), 10, norm="batch", width=width)
        moving = [w for w in model.non_trainable_weights if "moving" in w.path]
        size = sum(
            w.numpy().nbytes for w in [*model.trainable_weights, *moving]
        )
        row = {"model": name, "weights, MB": size / 1e6}
        for count in _WORKERS:
            row[f"{count} workers"] = 2 * (count - 1) / count * size / 1e6
        rows.append(row)
    return rows
