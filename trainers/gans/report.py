"""What a comparison's report says of GANs besides: every run, and pictures."""

import base64

from ...layers.diagnosis.markup import element, table
from .metrics import measures

#: Test accuracy below which a classifier's features are called weak.
_WEAK = 0.8


def appendix(runs, results, workdir):
    """Returns `Markup`: the metrics of every run, and samples of variants."""
    found = [results[run.name] for run in runs]
    columns = measures.every(runs[0].config)
    titles = ["run", *(metric.title for metric in columns)]
    rows = [
        [run.name, *(_text(results[run.name], m.key) for m in columns)]
        for run in runs
    ]
    # Of one seed: the same noise in all of them.
    seed = runs[0].seed
    figures = [_figure(run, workdir) for run in runs if run.seed == seed]
    real = _real(runs, workdir)
    heading = f"Samples, seed {seed}, the same noise"
    if runs[0].config.conditional:
        heading += ", one class per row"
    return (
        element("p", _conditions(found)),
        element("div", table(titles, rows), class_="wide"),
        element("h3", heading),
        element("div", *real, *figures, class_="samples"),
    )


def _conditions(results):
    """Says how the metrics were measured, which a diverged run does not."""
    measured = [r for r in results if r["status"] != "diverged"]
    if not measured:
        return "No run was measured: all diverged."
    result = measured[0]
    text = (
        f"{result['last_n_real']} real and {result['last_n_fake']} "
        f"generated examples, split {result['split']}, noise of seed "
        f"{result['last_seed']}, features: {result['features']}"
    )
    accuracy = result.get("last_feature_accuracy")
    if accuracy is not None:
        text += f" with test accuracy {100 * accuracy:.2f} %"
    bias = (
        "Frechet distances are biased upward, more so with fewer examples: "
        "compare only distances of equal numbers."
    )
    return " ".join(filter(None, [f"{text}.", remark(result), bias]))


def remark(result):
    """Returns what to know of a run's features, "" if they are good ones."""
    accuracy = result.get("last_feature_accuracy")
    if accuracy is None or accuracy >= _WEAK:
        return ""
    right = f"{100 * accuracy:.0f} of 100 test examples"
    return (
        f"The features are weak: their classifier is right in {right}, and the "
        "distances may miss what you see in the pictures. With more "
        "--config.metrics.classifier_epochs it may get better."
    )


def _figure(run, workdir):
    pictures = sorted((workdir / run.name / "images").glob("fixed-*.png"))
    shown = element("p", "diverged before the first picture")
    if pictures:
        shown = _image(pictures[-1], f"Samples of {run.variant}")
    return element("figure", shown, element("figcaption", run.variant))


def _real(runs, workdir):
    """Yields a figure of real examples, if a run has come to its end."""
    paths = (workdir / run.name / "images/real.png" for run in runs)
    path = next((path for path in paths if path.exists()), None)
    if path:
        shown = _image(path, "Real examples")
        yield element("figure", shown, element("figcaption", "real"))


def _image(path, alt):
    data = base64.b64encode(path.read_bytes()).decode()
    return element("img", src=f"data:image/png;base64,{data}", alt=alt)


def _text(result, key):
    value = result.get(key)
    if result["status"] == "diverged":
        return "diverged"
    if value is None:  # an older version's run, or one without classes
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
