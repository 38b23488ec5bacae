"""A real TensorBoard, looked at in a real browser."""

import pytest

from . import chromium

_MILLISECONDS = 60_000  # until something is shown, on a busy machine


@pytest.fixture(scope="session")
def browser():
    """The browser; where it is missing tests are skipped, but not in CI."""
    path = chromium.browser()
    try:
        from playwright import sync_api
    except ImportError:
        chromium.missing("playwright: make test installs it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(chromium.FLAGS)
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
