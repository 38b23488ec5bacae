"""Runs in processes that a test may kill.

Each is forked from a server that has imported TensorFlow and done nothing
else, so that it starts in a moment.
"""

import contextlib
import multiprocessing
import pathlib
import runpy
import time


def server():
    """Returns the context that makes the processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["normzoo.trainers.compare"])
    return context


def started(**job):
    """Starts `main` with these arguments and yields the process."""
    return forked(__file__, job)


@contextlib.contextmanager
def forked(path, job):
    """Starts the `main` of a file, which finds its arguments as `JOB`."""
    process = server().Process(
        # The function is found without this file being importable.
        target=runpy.run_path,
        args=(path,),
        kwargs={"init_globals": {"JOB": job}, "run_name": "job_main"},
    )
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def wait_for(condition, process, seconds=120):
    """Waits until the condition holds or the process has ended."""
    end = time.monotonic() + seconds
    while process.is_alive() and not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.0005)


def main(
    config=None,
    workdir=None,
    argv=None,
    file_size=None,
    sweep=None,
    jobs=1,
    stderr=None,
):
    """Trains, as `normzoo.trainers.classify`, `gan` or `compare`.

    Args:
        config: of the run, or of the `sweep`.
        workdir: folder.
        argv: instead, the name and the flags of a script.
        file_size: limit of all files, as of a full disk.
        sweep: overrides, of a comparison.
        jobs: its processes.
        stderr: file that gets what is said.
    """
    import os
    import resource
    import signal
    import sys

    from normzoo.trainers import app, classify, compare, gan
    from normzoo.trainers.comparison.trainers import trainer_of

    # What a shell has started in the background ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if stderr:
        os.dup2(os.open(stderr, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), 2)

    def run(_):
        if sweep:
            compare.compare(config, sweep, workdir, jobs=jobs)
        else:
            trainer = trainer_of(config)
            trainer.train(config, pathlib.Path(workdir), verbose=0)

    if argv:
        sys.argv = list(argv)
        scripts = {"classify": classify, "compare": compare, "gan": gan}
        if argv[0] == "gan":
            gan.define_flags()
        app.run_with_config(scripts[argv[0]].main)
    if file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    app._main(run, ["test"])


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
