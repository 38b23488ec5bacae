"""A real TensorBoard, looked at in a real browser."""

import pytest

from . import chromium, pictures

_MILLISECONDS = 60_000  # until something is shown, on a busy machine


def pytest_addoption(parser):
    """Adds the option that takes the documents' pictures again."""
    parser.addoption(
        "--pictures",
        action="store_true",
        help="of tests/browser: take the pictures of docs/pictures again",
    )


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
def open_page(browser):
    """Opens a page; an error on its console fails the test."""
    errors, pages = [], []

    def open_(address, width=1400, height=900):
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="light"
        )
        page.set_default_timeout(_MILLISECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type == "error" and errors.append(message.text)
            ),
        )
        page.goto(address)
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert not errors


@pytest.fixture
def find(open_page, take):
    """Finds what a `View` wants in a TensorBoard; takes its picture."""

    def find_(address, view):
        page = open_page(f"{address}{view.address}")
        part = _found(page, view)
        if view.picture:
            box = part.bounding_box()
            box["height"] = min(box["height"], view.picture.height)
            box["width"] = min(box["width"], view.picture.width)
            take(page, view.picture.name, clip=box)
        return part

    return find_


def _found(page, view):
    """Opens a page again if TensorBoard had not read all at the first time."""
    from playwright import sync_api

    try:
        return view.tab(page, **view.wanted)
    except (AssertionError, sync_api.TimeoutError):
        page.reload()
        return view.tab(page, **view.wanted)


@pytest.fixture
def take(request, tmp_path):
    """Takes a picture of a page, for the documents if the option says so."""
    kept = request.config.getoption("--pictures", default=False)
    folder = pictures.FOLDER if kept else tmp_path

    def take_(page, name, **options):
        shot = page.screenshot(animations="disabled", **options)
        pictures.save(shot, folder / f"{name}.png")

    return take_
