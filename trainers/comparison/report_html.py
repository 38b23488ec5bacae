"""A comparison as one web page that needs no other file."""

import base64
import html

from ..common.files import write_text
from .report import headers, legend, table

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 62em; margin: 2em auto; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 0.3em 0.8em; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
tr:nth-child(even) {{ background: #f0f0f0; }}
img {{ max-width: 100%; }}
figure {{ display: inline-block; margin: 0.5em; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><code>{command}</code></p>
<table>
{rows}
</table>
<p>{legend}</p>
<img src="data:image/png;base64,{image}" alt="learning curves, final values">
{appendix}
</body>
</html>
"""


def write_page(summary, workdir, command, appendix=""):
    """Writes `report.html` into `workdir`, with its `summary.png` inside.

    Args:
        summary: the `Summary`.
        workdir: folder of the comparison.
        command: the command line.
        appendix: HTML that follows.
    """
    image = (workdir / "summary.png").read_bytes()
    cells = (_row("td", row) for row in table(summary))
    rows = [_row("th", headers(summary)), *cells]
    page = _PAGE.format(
        title=html.escape(f"Comparison: {workdir.resolve().name}"),
        command=html.escape(command),
        rows="\n".join(rows),
        legend=html.escape(legend(summary)),
        image=base64.b64encode(image).decode(),
        appendix=appendix,
    )
    write_text(workdir / "report.html", page)


def _row(tag, cells):
    inner = "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells)
    return f"<tr>{inner}</tr>"
