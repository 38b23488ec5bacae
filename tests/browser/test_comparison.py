"""What a person sees who opens TensorBoard on a comparison, and its report."""

import re

import pytest

from normzoo.configs import digits_mlp
from normzoo.trainers import compare
from normzoo.trainers.comparison.dashboard import folder as dashboard

from . import tabs
from .boards import tensorboard
from .tabs import Picture, View

pytestmark = pytest.mark.slow

NORMS = ("none", "batch", "layer")
VARIANTS = [f"norm={norm}" for norm in NORMS]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture(scope="module")
def summary(request, data_dir, comparison):
    # The documents' pictures are of more than is looked for.
    kept = request.config.getoption("--pictures", default=False)
    epochs, seeds = (10, 6) if kept else (3, 2)
    config = digits_mlp.get_config()
    config.dataset.data_dir = str(data_dir)
    config.epochs = epochs
    overrides = [{"model.norm": norm} for norm in NORMS]
    return compare.compare(
        config,
        overrides,
        comparison,
        seeds=seeds,
        command="python -m normzoo.trainers.compare --config=digits_mlp",
    )


@pytest.fixture(scope="module")
def address(summary, comparison):
    with tensorboard(comparison / dashboard.NAME) as address:
        yield address


COLUMNS = ["model.norm", "test accuracy", "difference to norm=none"]
TEXTS = ["answer", "command", "configuration", "design", "environment", "model"]
LAYERS = ("dense_0", "logits")
VIEWS = [
    View(
        tabs.timeseries,
        {"tag": "validation_accuracy", "runs": VARIANTS},
        picture=Picture("timeseries", 400),
    ),
    View(tabs.scalars, {"tag": "curves/validation_accuracy", "lines": 3}),
    View(
        tabs.custom_scalars,
        {"title": "validation accuracy", "runs": 3},
        picture=Picture("custom_scalars", 522, 1080),
    ),
    View(
        tabs.hparams,
        {"columns": COLUMNS, "rows": 3, "cells": VARIANTS},
        picture=Picture("hparams", 166, 1045),
    ),
    View(tabs.images, {"tag": "test_confusion"}),
    *(View(tabs.graphs, {"node": name}) for name in LAYERS),
    View(tabs.text, {"words": TEXTS}),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.tab.__name__)
def test_a_person_sees_without_a_click(view, address, find):
    find(address, view)


def test_the_sentence_is_shown(address, find, summary):
    find(address, View(tabs.text, {"words": [summary.sentence]}))


def test_the_centers_are_shown(address, find, summary):
    view = View(tabs.hparams, {"columns": ["test accuracy"], "rows": 3})
    shown = re.findall(r"0\.\d+", find(address, view).inner_text())
    for row in summary.rows:
        center = row.intervals["test_accuracy"].center
        assert min(abs(float(x) - center) for x in shown) < 1e-5


def test_the_report_opens(comparison, summary, open_page, take):
    page = open_page((comparison / "report.html").as_uri(), 768, 1024)
    page.get_by_text(summary.sentence, exact=True).first.wait_for()
    take(page, "report")
