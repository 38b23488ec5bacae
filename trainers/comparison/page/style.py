"""The style sheet of the page: light, dark, printed, on a phone."""

from ....layers.diagnosis.markup import Markup, element
from .palette import DARK, LIGHT, SERIES, variables

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);
 font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,nav{max-width:70rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.1rem;font-weight:600;color:var(--muted);margin:1.5rem 0 .5rem;
 overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.5rem 0 .75rem}
h3{font-size:1.05rem;margin:1.5rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0;overflow-wrap:break-word}
.answer{font-size:1.35rem;line-height:1.4;margin:0 0 .75rem;max-width:56rem}
.small,.about,figcaption{color:var(--muted)}
.small{font-size:.9rem}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);
 outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{position:static}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;margin:1rem 0;
 list-style:none}
nav a{display:inline-block;padding:.25rem 0}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem;
 font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding-bottom:.25rem}
th,td{padding:.45rem .6rem;text-align:right;vertical-align:top}
th:first-child{text-align:left;min-width:min(13rem,36vw)}
tbody th,.long td{overflow-wrap:anywhere}
.long td,.long thead th{text-align:left}
thead th{color:var(--muted);font-weight:600;border-bottom:1px solid var(--axis)}
tbody th{font-weight:600}
tbody tr{border-bottom:1px solid var(--rule)}
.number,.part{white-space:nowrap}
.better{color:var(--good);font-weight:600}
.worse,.diverged{color:var(--bad);font-weight:600}
.charts{display:grid;gap:1rem;
 grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
figure{margin:0;min-width:0}
.chart{background:var(--surface);border-radius:.5rem;padding:.75rem;
 max-width:36rem}
.chart figcaption{font-weight:600;color:var(--text);margin-bottom:.25rem}
.chart svg{display:block;width:100%;height:auto}
.chart text{font-size:13px;fill:var(--muted)}
.chart .name{fill:var(--text);font-weight:600}
.grid{stroke:var(--rule)}
.axis{stroke:var(--axis)}
.edge{stroke:var(--axis);stroke-dasharray:2 3}
.least{fill:var(--least)}
.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
.band{fill:currentColor;fill-opacity:.16}
.mark{fill:currentColor;stroke:var(--surface);stroke-width:.25}
.cross{stroke:currentColor;stroke-width:.45;fill:none}
.dot{fill:none;stroke:currentColor;stroke-width:1.3}
.whisker{stroke:currentColor;stroke-width:2}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;
 margin:.5rem 0}
.key li{overflow-wrap:anywhere}
.key svg{width:1.75rem;height:1rem;vertical-align:-.15rem;margin-right:.4rem}
.samples{display:grid;gap:1rem;
 grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr))}
.samples img{width:100%;max-width:24rem;image-rendering:pixelated;
 display:block}
ul.notes{padding-left:1.2rem;max-width:46rem}
.notes li{margin:.35rem 0;overflow-wrap:break-word}
details{border-top:1px solid var(--rule);padding:.25rem 0}
summary{cursor:pointer;padding:.4rem 0;font-weight:600}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--surface);
 padding:.75rem;border-radius:.5rem;margin:.5rem 0}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9rem}
footer{max-width:70rem;margin:3rem auto 0;padding:0 1rem 2rem}
"""

#: Rows of a table as lists, where it has no room.
_LISTS = """
IN thead{position:absolute;width:1px;height:1px;overflow:hidden;
 clip-path:inset(50%)}
IN :is(table,tbody,tr,th,td,caption){display:block}
IN tbody tr{padding:.5rem 0}
IN tbody th{padding:.1rem 0}
IN td{display:flex;justify-content:space-between;gap:1rem;padding:.1rem 0}
IN td::before{content:attr(data-title);color:var(--muted);text-align:left}
IN td:empty{display:none}
"""

_PHONE = _LISTS.replace("IN ", "main ") + ".answer{font-size:1.2rem}"
_TABLET = _LISTS.replace("IN ", ".wide ")

_PRINT = """
body{font-size:10pt}
nav,.skip{display:none}
figure,tr{break-inside:avoid}
h2,h3{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}
details::details-content{content-visibility:visible;block-size:auto}
"""


def style():
    """Returns the `style` element."""
    colors = "".join(f".{name}{{color:var(--{name})}}" for name in SERIES)
    light, dark = (f":root{{{variables(x)}}}" for x in (LIGHT, DARK))
    rules = (
        light,
        f"@media screen and (prefers-color-scheme:dark){{{dark}}}",
        _RULES,
        colors,
        f"@media (max-width:68rem){{{_TABLET}}}",
        f"@media (max-width:44rem){{{_PHONE}}}",
        f"@media print{{{_PRINT}}}",
    )
    # CSS has no characters that HTML would read, and must not be escaped.
    return element("style", Markup("\n".join(rules)))
