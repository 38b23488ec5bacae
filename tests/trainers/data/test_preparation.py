"""Preparing a set: what a first-time user sees, and what goes wrong."""

import importlib.util
import sys

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.utils import tqdm_utils

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import datasets, preparation

from .. import killable
from . import made

#: Prepares sets as our scripts do, then one as users of TFDS do.
PREPARE = """
import os, sys
for number, path in enumerate(JOB["said"], 1):
    os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY), number)
import tensorflow as tf
from normzoo.configs import default
from normzoo.trainers.data import loading

def mark(text):
    for stream in (sys.stdout, sys.stderr):
        print(text, file=stream, flush=True)

config = default.get_config()
folder = config.dataset.data_dir = JOB["folder"]
tf.zeros(1)  # TensorFlow has said all that it says at its start
mark("ours")
for config.dataset.name in JOB["names"]:
    assert len(loading.load_data(config).train.labels)
mark("theirs")
import tensorflow_datasets as tfds
tfds.load("digits", data_dir=folder + "/theirs")
"""


@pytest.mark.slow
def test_tfds_says_nothing_while_we_prepare(tmp_path):
    names = ["digits", "breast_cancer"]
    if importlib.util.find_spec("mnist1d"):
        names.append("mnist1d")
    script = tmp_path / "prepare.py"
    script.write_text(PREPARE)
    # A bar draws its start at once; its end only where enough time has passed.
    users_see = {"stdout": "Dataset digits", "stderr": "Generating splits"}
    said = {tmp_path / name: text for name, text in users_see.items()}
    folder = str(tmp_path / "tfds")
    job = {"folder": folder, "names": names, "said": [*map(str, said)]}
    with killable.forked(str(script), job) as process:
        process.join()
    assert process.exitcode == 0
    for path, seen in said.items():
        text = path.read_text()
        ours, theirs = text.partition("ours\n")[2].split("theirs\n")
        assert not ours
        assert seen in theirs


@pytest.mark.parametrize("shown", [True, False])
def test_the_users_choice_of_bars_stays(shown, config, tmp_path):
    config.dataset.data_dir = str(tmp_path)
    before = tqdm_utils._active
    tfds.display_progress_bar(shown)
    try:
        datasets.find_builder(config)
        assert preparation.bars_shown() == shown
    finally:
        tfds.display_progress_bar(before)


def test_bars_are_shown_where_tfds_does_not_tell(monkeypatch):
    monkeypatch.delattr(tqdm_utils, "_active")
    assert preparation.bars_shown()
    monkeypatch.setitem(sys.modules, tqdm_utils.__name__, None)
    assert preparation.bars_shown()


def test_a_failed_download_is_not_the_folders_fault(
    config, tmp_path, monkeypatch
):
    def no_network(self, **kwargs):
        raise ConnectionError("no route to host")

    with monkeypatch.context() as patch:
        builder = tfds.core.DatasetBuilder
        patch.setattr(builder, "download_and_prepare", no_network)
        config.dataset.name = "mnist"
        config.dataset.data_dir = str(tmp_path)
        config.dataset.download = True
        message = "'mnist' cannot be prepared. ConnectionError: no route.*tfds"
        with pytest.raises(InputError, match=message):
            datasets.find_builder(config)


def test_a_builder_that_fails_is_named(config, tmp_path):
    def example(i):
        raise KeyError("height")

    with pytest.raises(KeyError):
        made.prepare_images("failing", tmp_path, image=example)
    made.with_data(config, "failing", tmp_path)
    config.dataset.download = True
    with pytest.raises(InputError, match=r"'failing' cannot be.*KeyError"):
        datasets.find_builder(config)
