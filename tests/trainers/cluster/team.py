"""Runs of several workers on this machine, one process each."""

import contextlib
import time
from typing import NamedTuple

#: For which a worker may outlive another one.
_SECONDS = 60


class Ending(NamedTuple):
    """How a worker ended: its exit code, and what it printed."""

    code: int
    text: str


def run(config, folder, count, accident=None):
    """Runs workers to their end and returns the `Ending` of each.

    Args:
        config: of all of them.
        folder: gets the workdirs `0`, `1`, ... and what the workers print.
        count: the number of workers.
        accident: a worker, a step, and the signal that it then gets.
    """
    from normzoo.trainers.cluster.addresses import on_this_machine

    texts = [folder / f"{i}.txt" for i in range(count)]
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(_started(config, folder, cluster, accident))
            for cluster in on_this_machine(count)
        ]
        victim = processes[accident[0] if accident else 0]
        victim.join(300)
        end = time.monotonic() + _SECONDS
        for process in processes:
            process.join(max(0, end - time.monotonic()))
        codes = [process.exitcode for process in processes]
    return [
        Ending(code, text.read_text())
        for code, text in zip(codes, texts, strict=True)
    ]


def _started(config, folder, cluster, accident):
    from .. import killable

    job = {
        "config": config,
        "folder": str(folder),
        "cluster": cluster,
        "accident": accident,
        "shallow": killable.shallow_toys(),
    }
    return killable.forked(__file__, job)


def main(config, folder, cluster, accident, shallow):
    """Is one worker."""
    import os
    import pathlib

    from normzoo import zoo
    from normzoo.trainers import app
    from normzoo.trainers.cluster import workers
    from normzoo.trainers.comparison.trainers import trainer_of

    zoo.GANS["toy"] = shallow
    workers._PATIENCE = 15  # seconds: half of what a network may need
    folder = pathlib.Path(folder)
    text = os.open(folder / f"{cluster.index}.txt", os.O_CREAT | os.O_RDWR)
    os.ftruncate(text, 0)
    os.dup2(text, 1)
    os.dup2(text, 2)
    os.environ["TF_CONFIG"] = cluster.tf_config()
    worker, *rest = accident or [None]
    callbacks = [digest()]
    if worker == cluster.index:
        callbacks.append(signaled(*rest))

    def train(_):
        workdir = folder / str(cluster.index)
        trainer = trainer_of(config)
        trainer.train(config, workdir, callbacks=callbacks, verbose=0)

    app._main(train, ["test"])


def signaled(step, number):
    """Returns a callback that sends this process a signal after a step."""
    import signal

    import keras

    from normzoo.trainers.run.state import optimizers_of

    def on_train_batch_end(batch, logs):
        optimizer, *_ = optimizers_of(callback.model).values()
        if optimizer.iterations.numpy() == step:
            signal.raise_signal(number)

    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=on_train_batch_end
    )
    return callback


def digest():
    """Returns a callback that prints digests of the weights.

    Those of the end, and those that each validation uses.
    """
    import hashlib

    import keras

    def show(what):
        data = b"".join(w.tobytes() for w in callback.model.get_weights())
        print(what, hashlib.sha256(data).hexdigest(), flush=True)

    class Digest(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            show("validated")

        def on_train_end(self, logs=None):
            show("weights")

    callback = Digest()
    return callback


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
