"""A comparison as one web page that needs no other file."""

import base64
import html

from ..common.files import write_text
from .report import legend, table
from .reporting.record import design_record

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; line-height: 1.4; max-width: 62em;
  margin: 2em auto; padding: 0 1em; }}
.answer {{ font-size: 1.2em; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 0.3em 0.8em; text-align: right; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
tr:nth-child(even) {{ background: #f0f0f0; }}
img {{ max-width: 100%; }}
figure {{ display: inline-block; margin: 0.5em; }}
dt {{ font-weight: bold; }}
code {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
{answer}
<h2>Design</h2>
<p><code>{command}</code></p>
<dl>
{design}
</dl>
{appendix}
</body>
</html>
"""


_ANSWER = """{about}<p class="answer">{sentence}</p>
<div class="scroll">
<table>
{rows}
</table>
</div>
<p>{legend}</p>
{notes}
<img src="data:image/png;base64,{image}" alt="learning curves, final values">
"""


def write_page(summary, workdir, command, appendix=""):
    """Writes `report.html` into `workdir`, with its `summary.png` inside.

    Args:
        summary: the `Summary`.
        workdir: folder of the comparison.
        command: the command line.
        appendix: HTML that follows.
    """
    page = _PAGE.format(
        title=html.escape(f"Comparison: {workdir.resolve().name}"),
        answer=answer_html(summary, workdir),
        command=html.escape(command),
        design=_design(summary),
        appendix=appendix,
    )
    write_text(workdir / "report.html", page)


def answer_html(summary, workdir):
    """Returns sentence, table, legend, notes and picture as HTML.

    Args:
        summary: the `Summary`.
        workdir: folder of the comparison, with its `summary.png`.
    """
    image = (workdir / "summary.png").read_bytes()
    about = f"<p>{html.escape(summary.about)}</p>\n" if summary.about else ""
    titles, cells = table(summary)
    rows = [_row("th", titles), *(_row("td", row) for row in cells)]
    return _ANSWER.format(
        about=about,
        sentence=html.escape(summary.sentence),
        rows="\n".join(rows),
        legend=html.escape(legend(summary)),
        notes=_list(summary.notes),
        image=base64.b64encode(image).decode(),
    )


def _row(tag, cells):
    inner = "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells)
    return f"<tr>{inner}</tr>"


def _list(notes):
    items = "".join(f"<li>{html.escape(note)}</li>\n" for note in notes)
    return f"<ul>\n{items}</ul>" if notes else ""


def _design(summary):
    """Returns what was fixed before the first run, as a list of terms."""
    parts = []
    for name, value in design_record(summary.design).items():
        shown = html.escape(str(value))
        if isinstance(value, dict):
            names = (f"{k}: {v}" for k, v in value.items())
            shown = "<br>".join(map(html.escape, names))
        title = name.replace("_", " ")
        parts.append(f"<dt>{title}</dt><dd><code>{shown}</code></dd>")
    return "\n".join(parts)
