"""How a process of a cluster trains a group."""

import contextlib
import os
import pathlib
import platform
import shutil
import signal
import tempfile
from typing import NamedTuple

import ray

from ...common import lock, signals
from ...common.errors import InputError, writing
from ...common.files import make_folder, replacing
from ...common.provenance import versions
from ...own.norms import register_all
from ...run.session import Session
from ..sweep import run_config_file
from . import parcel
from .code import Arrived, Code
from .devices import hide_gpus, limit_threads
from .training import train_all


class Shipment(NamedTuple):
    """What all tasks of a comparison need.

    Attributes:
        workdir: of the comparison, on the machine that has started it.
        mark: what a file in it holds that tells it from all other folders.
        files: name in the workdir -> reference to the contents, of the files
            that configs name.
        code: the `Code`.
        config_file, norms: as of `engine.Work`.
        versions: from `provenance.versions`.
        threads: of a process.
        has_gpus: whether it may use those that Ray gives it.
    """

    workdir: str
    mark: str | None
    files: dict
    code: Code
    config_file: str | None
    norms: dict
    versions: dict
    threads: int
    has_gpus: bool


class Answer(NamedTuple):
    """What came of a task.

    Attributes:
        results: pairs of a run's name and its result.
        error: the message of an `InputError`, or None.
        is_interrupted: whether it was told to end, and has saved.
        parcel: the runs' folders, where the workdir is out of reach.
        left: the node's number, and a folder that the process has there; None
            if it has none.
    """

    results: list
    error: str | None = None
    is_interrupted: bool = False
    parcel: dict | None = None
    left: tuple | None = None


def train(shipment, part, names, sent):
    """Trains a group; returns the `Answer`.

    Args:
        shipment: the `Shipment`.
        part: of a group, see `training.part_of`.
        names: of the folders in the workdir that it writes.
        sent: list of a reference to these folders, from `parcel.pack`.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # A shell started the node in the background. Ray cancels tasks by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with signals.catch(quiet=True):
            _process.begin(shipment)
            answer = _train(shipment, part, names, sent)
    except InputError as error:
        answer = Answer([], f"{error}")
    return answer._replace(left=_process.left())


def _train(shipment, part, names, sent):
    if (shared := _shared(shipment)) is not None:
        return _answer(part, shared)
    root = _process.instead_of_workdir(shipment)
    parcel.unpack(ray.get(sent[0]), root)
    try:
        answer = _answer(_moved(part, shipment.workdir, root), root)
        return answer._replace(parcel=parcel.pack(root, names))
    finally:
        for name in names:
            shutil.rmtree(root / name, ignore_errors=True)


def _answer(part, workdir):
    try:
        return Answer(train_all(_process.session, [part], workdir))
    except signals.Interrupted:
        # Ray would take the end of the process for a fault.
        return Answer([], is_interrupted=True)


def _shared(shipment):
    """Returns the workdir if this machine has it, too; otherwise None."""
    workdir = pathlib.Path(shipment.workdir)
    try:
        is_same = (workdir / lock.HOLDER).read_text() == shipment.mark
    except OSError:
        return None
    return workdir if is_same else None


def _moved(part, workdir, root):
    """Returns a part whose paths in the workdir lead to another folder."""

    def move(value):
        if isinstance(value, dict):
            return {key: move(each) for key, each in value.items()}
        if isinstance(value, str) and os.path.dirname(value) == workdir:
            return str(root / os.path.basename(value))
        return value

    runs, mode, folder = part
    runs = [(name, move(config)) for name, config in runs]
    return runs, mode, root / folder.relative_to(workdir)


class _Process:
    """What a process of the cluster keeps from one task to the next.

    Attributes:
        session: the `Session`, open as long as the process lives.
    """

    def __init__(self):
        self.session = Session(reuse_models=True)
        self._stack = contextlib.ExitStack()
        self._code = Arrived(self._scratch)
        self._has_begun = False
        self._folder = None

    def begin(self, shipment):
        """Gets ready for the tasks of a comparison."""
        self._code.take(shipment.code)
        if self._has_begun:
            return
        check_versions(shipment.versions)
        limit_threads(shipment.threads)
        if not shipment.has_gpus:
            hide_gpus()
        self._stack.enter_context(self.session)
        if shipment.config_file:
            file, colon, argument = shipment.config_file.partition(":")
            run_config_file(f"{self._code.place(file)}{colon}{argument}")
        register_all(shipment.norms)
        self._has_begun = True

    def instead_of_workdir(self, shipment):
        """Returns a folder in place of the workdir, with the files."""
        folder = make_folder(self._scratch() / "workdir")
        for name, reference in shipment.files.items():
            path = folder / name
            if not path.exists():
                with replacing(path) as temporary:
                    pathlib.Path(temporary).write_bytes(ray.get(reference))
        return folder

    def left(self):
        """Returns the node's number and the folder; None without a folder."""
        if self._folder is None:
            return None
        return ray.get_runtime_context().get_node_id(), str(self._folder)

    def _scratch(self):
        """Returns a folder for what is sent, made when first asked for."""
        if self._folder is None:
            with writing(f"A folder for what is sent to {platform.node()}"):
                new = tempfile.mkdtemp(prefix="normzoo-")
            self._folder = pathlib.Path(new)
        return self._folder


# Tasks that one process runs share nothing but globals.
_process = _Process()


def check_versions(wanted):
    """Raises `InputError` unless this process has the versions of packages."""
    found = versions()
    different = [
        f"{package} {found[package]}, not {wanted[package]}"
        for package in wanted
        if found[package] != wanted[package]
    ]
    if different:
        raise InputError(
            f"The node {platform.node()} of the cluster has "
            f"{'; '.join(different)}. Install the same versions on all nodes."
        )
