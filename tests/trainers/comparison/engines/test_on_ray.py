"""Comparisons on a cluster of three nodes, which are all this machine."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import threading
import time
import types

import numpy as np
import pytest

import normzoo
from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError, LostWorkerError
from normzoo.trainers.common.signals import Interrupted
from normzoo.trainers.comparison.engines.settings import Ray
from normzoo.trainers.comparison.groups import Group

from ...equal_runs import assert_equal
from ...killable import handled

pytest.importorskip("ray", reason="normzoo[ray] is not installed")
import ray

from normzoo.trainers.comparison.engines import cluster as connection
from normzoo.trainers.comparison.engines import code, on_ray, shipping

from . import nodes

pytestmark = [
    pytest.mark.slow,
    # Ray leaves pipes and sockets of its processes to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    ),
]

SWEEP = [
    {"model.norm": norm, "seed": seed}
    for norm in ("none", "batch", "layer")
    for seed in (0, 1)
]
#: Of groups, which a cluster trains alike in any mode; XLA compiles nothing.
MODE = "call_by_call"
MODEL = """
import os
import pathlib
import time
import keras
from normzoo.trainers.common import signals

@keras.saving.register_keras_serializable("on_ray_tests")
class Double(keras.layers.Layer):
    def call(self, x):
        return 2 * x

def build():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4),
            Double(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    return model

class Slow(keras.callbacks.Callback):
    # On the cluster it waits until the comparison is interrupted.
    def on_epoch_end(self, epoch, logs=None):
        flag = pathlib.Path("FLAG")
        if "RAY_RAYLET_PID" in os.environ and not flag.exists() and epoch:
            (flag.parent / "reached").touch()
            # It may have been told before, which ends the next step.
            for _ in range(1200):
                if signals._current.signal is not None:
                    break
                time.sleep(0.1)

def slow():
    return [Slow()]

def failing():
    if "RAY_RAYLET_PID" in os.environ:
        raise ValueError("there is no room at the inn")
    return [keras.callbacks.Callback()]
"""


@pytest.fixture(scope="module")
def cluster():
    with nodes.cluster_of(3) as found:
        yield found


@pytest.fixture
def engine(cluster):
    return Ray(address=cluster.address)


def in_the_middle(cluster, workdir):
    """Returns the processes of a node whose group has a checkpoint, or none."""
    raylets = [nodes.raylet(node) for node in cluster.worker_nodes]
    try:
        groups = json.loads((workdir / "groups.json").read_text())["groups"]
    except FileNotFoundError:
        return []
    for group in groups:
        members = tuple(types.SimpleNamespace(name=x) for x in group["members"])
        folder = Group(members, MODE, "").folder(workdir)
        with contextlib.suppress(FileNotFoundError):
            lock = workdir / members[0].name / ".lock.json"
            pid = json.loads(lock.read_text())["pid"]
            for raylet in raylets:
                workers = nodes.children(raylet)
                if pid in workers and list(folder.rglob("step-*.index")):
                    return [raylet, *workers]
    return []


def test_a_node_dies_in_the_middle(cluster, engine, config, tmp_path, capsys):
    """The table is that of one machine, bit by bit."""
    config.compare.together, config.compare.baseline = MODE, ""
    config.epochs, config.checkpoint.every_steps = 25, 20
    there, here = tmp_path / "there", tmp_path / "here"

    def kill_a_node():
        """As a power cut does."""
        end = time.monotonic() + 300
        while not (found := in_the_middle(cluster, there)):
            assert time.monotonic() < end
            time.sleep(0.01)
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_a_node)
    killer.start()
    found = compare.compare(config, SWEEP, there, engine=engine)
    killer.join()
    said = capsys.readouterr().out
    assert said.count("A worker of the cluster is lost") == 1, said
    here.mkdir()
    shutil.copy(there / "groups.json", here)
    # In processes with one thread, as those of the cluster have.
    alone = compare.compare(config, SWEEP, here, jobs=2)
    for run in sorted(path.parent.name for path in here.glob("*/DONE")):
        assert_equal(there / run, here / run)
    assert [row.verdict for row in found.rows] == [
        row.verdict for row in alone.rows
    ]
    names = {path.name for path in here.iterdir()}
    assert {path.name for path in there.iterdir()} == names


def test_a_silent_head_ends_the_comparison(
    engine, config, tmp_path, monkeypatch
):
    """It is said, and the same command goes on."""
    config.compare.together, config.compare.baseline = MODE, ""

    def knock(address):
        if ray.is_initialized():
            raise ConnectionRefusedError(address)

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_knock", knock)
        patch.setattr(connection, "_PATIENCE", 0)
        words = "head node.*has not answered.*to go on"
        with pytest.raises(LostWorkerError, match=words):
            compare.compare(config, SWEEP[:2], tmp_path, engine=engine)
    compare.compare(config, SWEEP[:2], tmp_path, engine=engine)
    assert len(list(tmp_path.glob("*/DONE"))) == 2


def compared(folder, workdir, **arguments):
    x = np.random.default_rng(0).normal(size=(40, 5))
    return normzoo.compare_norms(
        f"{folder}/mine.py:build",
        (x, x[:, 0]),
        norms=("as_is", "layer"),
        epochs=8,
        batch_size=8,
        seeds=1,
        tune=False,
        workdir=workdir,
        **arguments,
    )


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "mine"
    found.mkdir()
    flag = str(tmp_path / "interrupted")
    (found / "mine.py").write_text(MODEL.replace("FLAG", flag))
    return found


def test_nodes_that_share_no_folder(
    engine, folder, tmp_path, monkeypatch, capsys
):
    """A model, its code and its data are sent, and the runs come back.

    Also after Ctrl-C: what is saved then is sent, and goes on from there.
    """
    callbacks = f"{folder}/mine.py:slow"
    compared(folder, tmp_path / "here", callbacks=callbacks, jobs=2)
    scratches = []

    def without_folder(*arguments):
        sent = collected(*arguments)
        folder.rename(tmp_path / "gone")
        return sent

    class Cluster(on_ray.Cluster):
        def close(self, left):
            folders = [pathlib.Path(folder) for _, folder in left]
            assert all(each.exists() for each in folders)
            scratches.extend(folders)
            super().close(left)

    monkeypatch.setattr(shipping, "_mark", lambda workdir: "another machine's")
    monkeypatch.setattr(on_ray, "Cluster", Cluster)
    collected = code.collected
    monkeypatch.setattr(code, "collected", without_folder)
    there = tmp_path / "there"

    def interrupt():
        end = time.monotonic() + 300
        while not (tmp_path / "reached").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with (
        handled(signal.SIGINT, signal.default_int_handler),
        pytest.raises(Interrupted),
    ):
        compared(folder, there, callbacks=callbacks, engine=engine)
    interrupting.join()
    assert list(there.glob("*/checkpoints/step-*.index"))
    assert not list(there.glob("*/DONE"))
    (tmp_path / "interrupted").touch()
    (tmp_path / "gone").rename(folder)
    compared(folder, there, callbacks=callbacks, engine=engine)
    runs = sorted(path.parent.name for path in there.glob("*/DONE"))
    assert len(runs) == 2
    for run in runs:
        assert_equal(there / run, tmp_path / "here" / run)
    sent = sum(
        path.stat().st_size
        for run in runs
        for path in (there / run).rglob("*")
        if path.is_file() and path.name[0] != "."
    )
    # The curves that TensorBoard shows are added here.
    said = re.findall(r"(.*) MB of results came", capsys.readouterr().out)
    assert len(said) == 2
    assert 0.5 * sent < 1e6 * float(said[1]) <= sent
    assert scratches
    assert not any(each.exists() for each in scratches)


def test_what_fails_on_a_node_is_a_short_message(engine, folder, tmp_path):
    with pytest.raises(InputError, match="no room at the inn") as error:
        compared(
            folder,
            tmp_path / "runs",
            callbacks=f"{folder}/mine.py:failing",
            engine=engine,
        )
    assert "ray::" not in str(error.value)
    assert len(str(error.value).splitlines()) < 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"cpus_per_group": 64},
            "has room for a group.*takes 64 CPUs",
        ),
        ({"gpus_per_group": 1}, "which takes 1 CPUs and 1 GPUs"),
    ],
)
def test_a_group_needs_room(settings, words, cluster, config, tmp_path):
    config.compare.baseline = ""
    engine = Ray(address=cluster.address, **settings)
    with pytest.raises(InputError, match=words):
        compare.compare(config, SWEEP, tmp_path, engine=engine)


def test_there_must_be_a_cluster(config, tmp_path):
    config.compare.baseline = ""
    engine = Ray(address="localhost:1")
    with pytest.raises(InputError, match="no Ray cluster to work with"):
        compare.compare(config, SWEEP, tmp_path, engine=engine)
