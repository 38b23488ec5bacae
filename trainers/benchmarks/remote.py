"""Callables in a process of their own, timed in turns with ours.

PyTorch and TensorFlow do not share a process: loaded into one that has
TensorFlow, `torch.optim` of PyTorch 2.14 crashes it.
"""

import contextlib
import dataclasses
import importlib.util
import json
import pathlib
import subprocess
import sys

_FOLDER = pathlib.Path(__file__).resolve().parent
# Not run as a file: Python would then look for `torch` in this folder first.
_START = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"


@dataclasses.dataclass(frozen=True)
class RemoteCall:
    """A callable of another process.

    Attributes:
        process: what `subprocess.Popen` returned.
        name: of the callable in that process.
    """

    process: subprocess.Popen
    name: str

    def __call__(self):
        """Calls it, and returns when its work is done."""
        self.timed()

    def timed(self):
        """Calls it; returns the seconds by its own process' clock."""
        return _ask(self.process, "call", name=self.name)["seconds"]


@contextlib.contextmanager
def torch_calls(file, function, **arguments):
    """Yields PyTorch's callables, an empty dict where it is not installed.

    Args:
        file: the name of a file in this folder.
        function: see `calls`.
        **arguments: see `calls`.
    """
    if importlib.util.find_spec("torch") is None:
        yield {}
        return
    with calls(_FOLDER / file, function, **arguments) as found:
        yield found


@contextlib.contextmanager
def calls(file, function, **arguments):
    """Starts a process and yields name -> `RemoteCall`; ends it afterwards.

    Args:
        file: path of a Python file, which cannot use relative imports.
        function: the name of a function in it that returns a dict of name ->
            callable without arguments.
        **arguments: of the function; what JSON can say.

    Raises:
        RuntimeError: the function or a callable raises, or the process dies.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(_FOLDER / "worker.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        reply = _ask(
            process,
            "make",
            file=str(file),
            function=function,
            arguments=arguments,
        )
        yield {name: RemoteCall(process, name) for name in reply["names"]}
    finally:
        _end(process)


def _ask(process, verb, **arguments):
    # A process that is gone cannot be written to; its exit code tells more.
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps([verb, arguments]), file=process.stdin, flush=True)
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(
            "The process that measures has ended. Received: exit code "
            f"{process.wait()} in place of an answer to {verb} {arguments}. "
            "What it said is above."
        )
    reply = json.loads(line)
    if "error" in reply:
        raise RuntimeError(
            f"{verb} {arguments} failed in the process that measures.\n"
            f"{reply['error']}"
        )
    return reply


def _end(process, patience=10):
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
