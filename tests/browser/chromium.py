"""Pages in a real browser, Chromium without a window."""

import html
import json
import os
import re
import shutil
import subprocess
import urllib.parse

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Of any page: nothing is fetched or stored that it does not ask for.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 60

#: A page around the page: a window cannot be as narrow as a phone.
_FRAME = """<!DOCTYPE html><meta charset="utf-8"><title>frame</title>
<iframe width="{width}" height="1200" srcdoc="{page}"></iframe>
<script>
const frame = document.querySelector("iframe");
frame.onload = () => {{
  const page = frame.contentDocument;
  const found = (({look}))(page, frame.contentWindow);
  document.title = "seen " + encodeURIComponent(JSON.stringify(found));
}};
</script>"""


def browser():
    """Returns the path of Chromium; fails with CI=true, or else skips."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or missing("Chromium: apt-get install chromium")


def missing(what):
    """Fails with CI=true, or else skips, for want of something."""
    stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    stop(f"This needs {what}.")


def look(page, width, script, folder):
    """Returns what a script finds in a page.

    Args:
        page: text of the page.
        width: of the window, in CSS pixels.
        script: JavaScript function of the page's document and window that
            returns what JSON can hold.
        folder: for the browser's files.

    Returns:
        What the function returned, and what the browser's console said.
    """
    outer = folder / "frame.html"
    outer.write_text(
        _FRAME.format(width=width, page=html.escape(page), look=script)
    )
    ended = subprocess.run(
        [
            browser(),
            "--headless",
            "--enable-logging=stderr",
            *FLAGS,
            f"--user-data-dir={folder / 'browser'}",
            f"--window-size={width + 60},1300",
            "--dump-dom",
            outer.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    said = re.findall(r".*CONSOLE.*", ended.stderr)
    seen = re.search(r"<title>seen (\S+)</title>", ended.stdout)
    assert seen, f"{ended.stderr[-2000:]}{ended.stdout[-500:]}"
    return json.loads(urllib.parse.unquote(seen[1])), said
