"""Pictures in the documents: small, described, and each one is shown."""

import re

import pytest

from .browser import pictures
from .test_documents import DOCUMENTS, ROOT, name

LINK = re.compile(r"!\[(.*?)\]\(([^)]+)\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_pictures_are_described(path):
    for words, target in LINK.findall(path.read_text()):
        assert len(words.split()) > 2, target


def test_all_are_small_and_shown():
    shown = {
        (path.parent / target).resolve()
        for path in DOCUMENTS
        for _, target in LINK.findall(path.read_text())
    }
    taken = set(pictures.FOLDER.glob("*"))
    assert taken
    assert taken <= shown
    for path in [*ROOT.glob("docs/**/*.png"), *taken]:
        assert path.stat().st_size < pictures.MOST_BYTES, path
