"""What a comparison's report says of GANs besides: every run, and pictures."""

import base64
import html

from .metrics import measures


def appendix(runs, results, workdir):
    """Returns HTML: the metrics of every run, and samples of every variant."""
    found = [results[run.name] for run in runs]
    columns = measures.every(runs[0].config)
    rows = [_row("th", ["run", *(metric.title for metric in columns)])]
    for run in runs:
        result = results[run.name]
        values = [_text(result, metric.key) for metric in columns]
        rows.append(_row("td", [run.name, *values]))
    # Of one seed: the same noise in all of them.
    seed = runs[0].seed
    figures = [_figure(run, workdir) for run in runs if run.seed == seed]
    return "\n".join(
        [
            "<h2>Runs</h2>",
            f"<p>{html.escape(_conditions(found))}</p>",
            "<table>",
            *rows,
            "</table>",
            f"<h2>Samples, seed {seed}, the same noise</h2>",
            *figures,
        ]
    )


def _conditions(results):
    """Says how the metrics were measured, which a diverged run does not."""
    measured = [r for r in results if r["status"] != "diverged"]
    if not measured:
        return "No run was measured: all diverged."
    result = measured[0]
    text = (
        f"{result['last_n_real']} real and {result['last_n_fake']} made "
        f"examples, split {result['split']}, noise of seed "
        f"{result['last_seed']}, features: {result['features']}"
    )
    accuracy = result.get("last_feature_accuracy")
    if accuracy is not None:
        text += f" with test accuracy {100 * accuracy:.2f} %"
    return (
        f"{text}. Frechet distances are biased upwards, the more the fewer "
        "examples: compare equal numbers alone."
    )


def _figure(run, workdir):
    pictures = sorted((workdir / run.name / "images").glob("fixed-*.png"))
    caption = html.escape(run.variant)
    shown = "<p>diverged before the first picture</p>"
    if pictures:
        data = base64.b64encode(pictures[-1].read_bytes()).decode()
        shown = f'<img src="data:image/png;base64,{data}" alt="{caption}">'
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _text(result, key):
    value = result[key]
    if result["status"] == "diverged" or value is None:
        return "diverged"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _row(tag, cells):
    inner = "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells)
    return f"<tr>{inner}</tr>"
