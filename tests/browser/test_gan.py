"""What a person sees who opens TensorBoard on GANs that were compared."""

import pytest

from normzoo.configs import digits_dcgan
from normzoo.trainers import compare

from . import tabs
from .boards import tensorboard
from .tabs import View

pytestmark = pytest.mark.slow

NORMS = ("none", "batch")


@pytest.fixture(scope="module")
def address(data_dir, tmp_path_factory):
    config = digits_dcgan.get_config()
    config.dataset.data_dir = str(data_dir)
    config.generator.base_width = config.discriminator.base_width = 8
    config.batch_size, config.epochs, config.steps_per_epoch = 16, 2, 6
    config.metrics.samples, config.metrics.features = 100, "raw"
    config.compare.baseline = ""
    runs = [{"generator.norm": norm, "seed": 0} for norm in NORMS]
    folder = tmp_path_factory.mktemp("gans")
    compare.compare(config, runs, folder, command="the command")
    with tensorboard(folder) as address:
        yield address


VIEWS = [
    View(tabs.scalars, {"tag": "epoch_d_loss", "lines": 2}, only="d_loss"),
    View(
        tabs.scalars,
        {"tag": "curves/validation_frechet", "lines": 2},
        only="curves/validation_frechet",
    ),
    View(tabs.images, {"tag": "fixed noise"}),
    View(
        tabs.hparams,
        {
            "columns": ["generator.norm", "Frechet distance"],
            # One for each run and one for each variant.
            "rows": 4,
            "cells": NORMS,
        },
    ),
    View(tabs.custom_scalars, {"title": "validation frechet", "runs": 2}),
    View(tabs.text, {"words": ["answer", "environment", "model"]}),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.tab.__name__)
def test_a_person_sees_without_a_click(view, address, find):
    find(address, view)
