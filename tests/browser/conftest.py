"""A real TensorBoard, looked at in a real browser."""

import os
import shutil

import pytest

#: Debian's, which `.ci/run` installs.
BROWSER = "chromium"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_MILLISECONDS = 60_000  # until something is shown, on a busy machine


@pytest.fixture(scope="session")
def browser():
    """The browser; where it is missing tests are skipped, but not in CI."""
    path = shutil.which(BROWSER)
    try:
        from playwright import sync_api
    except ImportError:
        sync_api = None
    if path is None or sync_api is None:
        missing = f"no {BROWSER}" if path is None else "no playwright"
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(f"There is {missing}: apt-get install {BROWSER}; make test.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(_FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture
def open_tab(browser):
    """Opens a tab of a TensorBoard; an error on its console fails the test."""
    errors, pages = [], []

    def open_(address, tab):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(_MILLISECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type == "error" and errors.append(message.text)
            ),
        )
        page.goto(f"{address}#{tab}")
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert not errors
