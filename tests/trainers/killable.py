"""Runs in processes that a test may kill.

Each is forked from a server that has imported TensorFlow and done nothing
else, so that it starts in a moment.
"""

import contextlib
import functools
import multiprocessing
import os
import pathlib
import runpy
import signal
import tempfile
import time

from normzoo import zoo


def shallow_toys():
    """Returns makers of toy GANs with one norm each.

    To compile them is what takes time.
    """
    generator, discriminator = zoo.GANS["toy"]
    return (
        functools.partial(generator, depth=1),
        functools.partial(discriminator, depth=2),
    )


def server():
    """Returns the context that makes the processes."""
    context = multiprocessing.get_context("forkserver")
    # No script: each defines its flags when it is run.
    context.set_forkserver_preload(["normzoo.trainers.comparison.compare"])
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


def newest(workdir):
    """Returns the step of the newest complete checkpoint, or 0."""
    files = (workdir / "checkpoints").glob("step-*.index")
    return max((int(file.stem.partition("-")[2]) for file in files), default=0)


def in_training(workdir, process, chance):
    """A few steps and checkpoints after the start."""
    goal = newest(workdir) + chance.randint(1, 8)
    wait_for(lambda: newest(workdir) >= goal, process)
    time.sleep(chance.uniform(0, 0.05))


def in_a_save(workdir, process, chance):
    """While there are files of a checkpoint that is not complete."""
    in_training(workdir, process, chance)
    while process.is_alive():
        wait_for(lambda: is_saving(workdir), process)
        # A save is short: it may have ended when it is seen.
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(0.01)
        if is_saving(workdir):
            return
        os.kill(process.pid, signal.SIGCONT)


@contextlib.contextmanager
def handled(number, handler):
    """Sets how a signal is handled, whatever this process has inherited."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def at_random(seconds):
    """Some time after the start, or while the state is read."""

    def wait(workdir, process, chance):
        time.sleep(chance.uniform(0, seconds))

    return wait


def is_saving(workdir):
    with contextlib.suppress(FileNotFoundError):
        names = os.listdir(workdir / "checkpoints")
        # TensorFlow's names of what it will rename.
        return any(
            name.endswith("_temp") or ".tempstate" in name for name in names
        )
    return False


def script(name, *flags, folder, **environment):
    """Runs a script as `python -m` does; returns code, stdout and stderr.

    Args:
        name: such as `"classify"`.
        flags: of the script.
        folder: where it is started.
        environment: variables that it gets besides.
    """
    with tempfile.TemporaryDirectory() as said:
        out, err = (pathlib.Path(said) / name for name in ("out", "err"))
        job = {
            "argv": (name, *flags),
            "folder": str(folder),
            "environment": environment,
            "stdout": str(out),
            "stderr": str(err),
        }
        with started(**job) as process:
            process.join()
            return process.exitcode, out.read_text(), err.read_text()


def main(
    config=None,
    workdir=None,
    argv=None,
    folder=None,
    environment=(),
    file_size=None,
    sweep=None,
    jobs=1,
    engine="local",
    stdout=None,
    stderr=None,
):
    """Trains, as `normzoo.trainers.classify`, `gan` or `compare`.

    Args:
        config: of the run, or of the `sweep`.
        workdir: folder.
        argv: instead, the name and the flags of a script.
        folder: where that one is started.
        environment: variables that it gets besides.
        file_size: limit of all files, as of a full disk.
        sweep: overrides, of a comparison.
        jobs, engine: of the comparison.
        stdout, stderr: files that get what is said.
    """
    import resource
    import sys

    from normzoo.trainers import app
    from normzoo.trainers.comparison.compare import compare
    from normzoo.trainers.comparison.trainers import trainer_of

    zoo.GANS["toy"] = shallow_toys()
    # What a shell has started in the background ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, path in ((1, stdout), (2, stderr)):
        if path:
            new = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
            os.dup2(os.open(path, new), number)
    if argv:
        os.environ.update(environment)
        os.chdir(folder or ".")
        name, *sys.argv[1:] = argv
        runpy.run_module(
            f"normzoo.trainers.{name}", run_name="__main__", alter_sys=True
        )
        return

    def run(_):
        if sweep:
            compare(config, sweep, workdir, jobs=jobs, engine=engine)
        else:
            trainer = trainer_of(config)
            trainer.train(config, pathlib.Path(workdir), verbose=0)

    if file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    app._main(run, ["test"])


if __name__ == "job_main":
    main(**JOB)  # noqa: F821
