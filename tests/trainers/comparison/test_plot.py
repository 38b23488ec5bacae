"""A comparison's picture, and what TensorBoard gets."""

import json
import math
import pathlib

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from normzoo.trainers.comparison import plot
from normzoo.trainers.comparison.charts import marks
from normzoo.trainers.comparison.dashboard import hparams
from normzoo.trainers.comparison.reporting import curves
from normzoo.trainers.comparison.summary import summarize

from .made_found import ACCURACY, DISTANCE, LOSS, made_found, steady

FINISHED, DIVERGED = {"status": "finished"}, {"status": "diverged"}


def lines(*accuracies):
    return [{"accuracy": value, "loss": value} for value in accuracies]


#: Name -> (metric, logged lines, result, the curve of three epochs).
CURVES = {
    "finished": (ACCURACY, lines(0.1, 0.2, 0.3), FINISHED, [0.1, 0.2, 0.3]),
    "diverged later": (
        ACCURACY,
        lines(0.1),
        DIVERGED,
        [0.1, -math.inf, -math.inf],
    ),
    "diverged at once": (LOSS, lines(), DIVERGED, [math.inf] * 3),
    "a number that is none": (
        LOSS,
        lines(0.3, None, 0.2),
        FINISHED,
        [0.3, math.inf, 0.2],
    ),
    "measured fewer times": (ACCURACY, lines(0.1, 0.2), FINISHED, [0.1, 0.2]),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_falls_where_its_run_diverged(name):
    metric, logged, result, expected = CURVES[name]
    assert curves.course(logged, result, metric, 3) == expected


def test_a_lost_run_ends_as_the_worst():
    assert curves.final({**FINISHED, "test_loss": 0.1}, LOSS) == 0.1
    assert curves.final({**DIVERGED, "test_loss": 0.1}, LOSS) == math.inf
    assert curves.final({**FINISHED, "test_accuracy": None}, ACCURACY) < 0


@pytest.mark.parametrize("metric", [ACCURACY, LOSS])
@pytest.mark.parametrize(
    "batch", [[0.5, 0.6], [0.5, None], [None, None], [0.5]]
)
def test_the_picture_shows_every_run(metric, batch, tmp_path, monkeypatch):
    values = {"norm=none": [0.4, 0.5], "norm=batch": batch}
    found = made_found(values, metric=metric)
    for outcome in found.outcomes:
        value = outcome.result[metric.key]
        logged = lines(0.3, value) if value else lines(0.3)
        folder = tmp_path / outcome.run.name
        folder.mkdir()
        text = "\n".join(
            json.dumps({**line, "split": "validation"}) for line in logged
        )
        (folder / "metrics.jsonl").write_text(text)
    drawn = []

    def keep(figure, path, **options):
        drawn.append(figure)
        pathlib.Path(path).touch()

    monkeypatch.setattr(plot.Figure, "savefig", keep)
    summary = summarize(found, (metric,))
    plot.plot_comparison(
        [outcome.run for outcome in found.outcomes],
        {outcome.run.name: outcome.result for outcome in found.outcomes},
        summary,
        metric,
        tmp_path,
    )
    curves, by_time, finals = drawn[0].axes
    points = [
        float(x)
        for group in finals.collections
        for x, _ in getattr(group, "get_offsets", list)()
    ]
    assert len([y for y in points if math.isfinite(y)]) >= 2 + len(batch)
    _, curve = curves.get_lines()[:2]
    ends = curve.get_ydata()
    assert ends[0] == pytest.approx(0.3)
    shown = [row for row in summary.rows if math.isfinite(row.seconds)]
    assert len(shown) == 2 - (None in batch)
    for row, line in zip(shown, by_time.get_lines(), strict=False):
        assert line.get_xdata()[-1] == pytest.approx(row.seconds)
        assert line.get_label() == row.variant
    if None in batch:
        # At the worse edge, beyond all that is finite.
        edges = [line.get_ydata()[0] for line in curves.get_lines()[2:]]
        assert ends[-1] == edges[0]
        worse = edges[0] < 0.3 if metric is ACCURACY else edges[0] > 0.5
        assert worse
        assert [text.get_text() for text in curves.texts] == ["diverged"]
    else:
        assert not curves.texts


LONG = f"norm=/{'a_folder_in_a_folder_/' * 6}mine.py:Norm"
MANY = ["norm=none", *(f"norm={i}" for i in range(59))]


@pytest.fixture
def picture(tmp_path):
    """Draws a comparison of these variants, and saves it."""

    def draw(variants):
        found = made_found({name: [0.4, 0.5] for name in variants})
        for outcome in found.outcomes:
            folder = tmp_path / outcome.run.name
            folder.mkdir(parents=True)
            (folder / "metrics.jsonl").write_text("")
        results = {o.run.name: o.result for o in found.outcomes}
        runs = [outcome.run for outcome in found.outcomes]
        summary = summarize(found, (ACCURACY,))
        arguments = runs, results, summary, ACCURACY, tmp_path
        # Warnings are errors: the layout says if there is no room left.
        plot.plot_comparison(*arguments)
        return plot.drawn(*arguments)

    return draw


def test_long_names_leave_room_for_the_curves(picture):
    *_, finals = picture(["norm=none", LONG]).axes
    short, shown = (text.get_text() for text in finals.get_yticklabels())
    assert short == "norm=none"
    assert shown.endswith("mine.py:Norm")
    assert len(shown) == 40


def test_many_variants_leave_room_for_the_curves(picture):
    figure = picture(MANY)
    *curves, finals = figure.axes
    assert len(finals.get_yticklabels()) == len(MANY)
    places = finals.transData.transform([(0, 0), (0, 1)])[:, 1]
    points = 72 / figure.dpi * (places[0] - places[1])
    assert points > finals.get_yticklabels()[0].get_fontsize()
    (legend,) = figure.legends
    assert legend.get_window_extent().x0 >= 0
    assert legend.get_window_extent().x1 <= figure.bbox.x1
    for axes in curves:
        assert axes.get_window_extent().height > 0.6 * figure.bbox.height
        assert not axes.bbox.overlaps(legend.get_window_extent())


def test_many_variants_look_different(picture):
    (legend,) = picture(MANY[:42]).legends
    lines = legend.get_lines()
    looks = {(line.get_color(), line.get_marker()) for line in lines}
    assert len(looks) == 42


@pytest.mark.parametrize("points", [1, 2, 8, 9, 17, 1000])
def test_a_line_has_few_marks_and_one_at_its_end(points):
    places = range(points)[marks.marked(points)]
    assert 1 <= len(places) <= 8
    assert places[-1] == points - 1


@pytest.mark.parametrize(
    ("result", "validated", "label"),
    [
        ({"population": {"examples": 9}}, False, ", with moving statistics"),
        ({"population": {"examples": 9}}, True, ""),
        ({"population": None}, False, ""),
        ({}, False, ""),
    ],
)
def test_curves_say_what_batch_norms_are_validated_by(result, validated, label):
    found = made_found({"norm=none": [0.4]}, results={"norm=none": result})
    run = found.outcomes[0].run
    run.config.population = {"validation": validated}
    results = {run.name: found.outcomes[0].result}
    said = curves.validated([run], results, ACCURACY)
    assert said == f"validation accuracy{label}"


#: Name -> (metric, result, what HParams shows; None for nothing).
SHOWN = {
    "finished": (ACCURACY, {**FINISHED, "test_accuracy": 0.9}, 0.9),
    "diverged": (ACCURACY, {**DIVERGED, "test_accuracy": None}, 0.0),
    "diverged, with a number": (ACCURACY, {**DIVERGED, "test_accuracy": 1}, 0),
    "of no worst value": (LOSS, {**DIVERGED, "test_loss": None}, None),
    "measured before": (DISTANCE, {**DIVERGED, "last_frechet": 1.0}, None),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_diverged_run_looks_no_better_to_tensorboard(name, tmp_path):
    metric, result, expected = SHOWN[name]
    run = made_found({"norm=batch": steady(0.9, 1)}).outcomes[0].run
    base = {**FINISHED, metric.key: 0.5}
    hparams.write_hparams(run, result, ["seed"], [metric], tmp_path, base)
    events = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    scalars = {
        tag: float(tf.make_ndarray(events.Tensors(tag)[0].tensor_proto))
        for tag in events.Tags()["tensors"]
        if not tag.startswith("_hparams")
    }
    diverged = float(result["status"] == "diverged")
    known = {}
    if expected is not None:
        known[metric.key] = pytest.approx(expected)
        difference = pytest.approx(expected - 0.5)
        known[f"{metric.key}_difference"] = difference
    assert scalars == {"diverged": diverged, **known}
