"""What a person sees who opens TensorBoard on a comparison."""

import pytest

from normzoo.configs import default
from normzoo.trainers import compare
from normzoo.trainers.comparison.dashboard import folder as dashboard

from .boards import tensorboard

pytestmark = pytest.mark.slow

NORMS = ("none", "batch")
SEEDS = (0, 1)


@pytest.fixture(scope="module")
def summary(data_dir, comparison):
    config = default.get_config()
    config.dataset.data_dir = str(data_dir)
    config.model.depth, config.model.width = 1, 8
    config.batch_size, config.epochs = 64, 2
    config.compare.baseline = "norm=none"
    runs = [{"model.norm": n, "seed": s} for s in SEEDS for n in NORMS]
    return compare.compare(config, runs, comparison)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture(scope="module")
def address(summary, comparison):
    with tensorboard(comparison / dashboard.NAME) as address:
        yield address


def time_series(page, summary):
    card = page.locator("scalar-card", has_text="validation_accuracy")
    card.scroll_into_view_if_needed()
    for norm in NORMS:
        card.locator("line-chart path").nth(len(NORMS) - 1).wait_for(
            state="attached"
        )
        card.get_by_text(f"norm={norm}").first.wait_for()
    runs = page.locator("runs-data-table input[type=checkbox]")
    assert all(box.is_checked() for box in runs.all())


def scalars(page, summary):
    card = page.locator("tf-scalar-card", has_text="curves/validation_accuracy")
    # Two epochs: from one point to another.
    lines = card.locator("path.line[d*='L']")
    lines.nth(len(NORMS) - 1).wait_for(state="attached")


def custom_scalars(page, summary):
    card = page.locator("tf-custom-scalar-margin-chart-card").first
    card.get_by_text("validation accuracy").first.wait_for()
    card.get_by_text(f"Matches ({len(NORMS)})").wait_for()
    areas = card.locator("path.area[d*='L']")
    areas.nth(len(NORMS) - 1).wait_for(state="attached")


def hparams(page, summary):
    table = page.locator("vaadin-grid.session-group-table")
    for norm in NORMS:
        table.get_by_text(f"norm={norm}", exact=True).first.wait_for()
    columns = table.inner_text().split("\n")
    shown = ["model.norm", "test accuracy", "difference to norm=none"]
    places = [columns.index(title) for title in shown]
    assert places == sorted(places)
    batch = summary.rows[1].intervals["test_accuracy"].center
    assert any(text.startswith(f"{batch:.4f}") for text in columns)


def text(page, summary):
    page.get_by_text(summary.sentence).wait_for()
    for tag in ("command", "configuration", "design", "environment", "model"):
        page.get_by_text(tag, exact=True).first.wait_for()


def images(page, summary):
    pictures = page.locator("tf-image-loader", has_text="confusion")
    pictures.nth(len(NORMS) - 1).locator("img").wait_for()
    for picture in pictures.locator("img").all():
        page.wait_for_function(
            "picture => picture.naturalWidth > 0", arg=picture.element_handle()
        )


def graphs(page, summary):
    for name in ("dense_0", "logits"):
        page.locator(f"tf-graph-scene g[data-name={name}]").wait_for(
            state="attached"
        )


#: The part of the address -> what is looked for.
TABS = {
    "timeseries": time_series,
    "scalars": scalars,
    "custom_scalars": custom_scalars,
    "hparams": hparams,
    "images": images,
    "graphs": graphs,
    "text": text,
}


@pytest.mark.parametrize("tab", TABS)
def test_a_person_sees_without_a_click(tab, address, open_tab, summary):
    TABS[tab](open_tab(address, tab), summary)
