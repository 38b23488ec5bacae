"""Whether what is written and drawn can be seen."""

import itertools
import math
import re

import pytest

from normzoo.trainers.comparison.page import palette
from normzoo.trainers.comparison.page.style import style

SCHEMES = {"light": palette.LIGHT, "dark": palette.DARK}


@pytest.fixture(params=SCHEMES)
def colors(request):
    return SCHEMES[request.param]


def contrasts(colors, names, grounds):
    """Returns (name, ground) -> contrast."""
    return {
        pair: palette.contrast(*(colors[name] for name in pair))
        for pair in itertools.product(names, grounds)
    }


def test_text_can_be_read(colors):
    found = contrasts(colors, palette.TEXTS, palette.BACKGROUNDS)
    assert not {k: v for k, v in found.items() if v < 4.5}
    # What is written over the band of a chart.
    shaded = contrasts(colors, ("text", "muted"), ("least",))
    assert not {k: v for k, v in shaded.items() if v < 4.5}


def test_marks_and_lines_can_be_seen(colors):
    names = (*palette.SERIES, "axis")
    found = contrasts(colors, names, palette.BACKGROUNDS)
    assert not {k: v for k, v in found.items() if v < 3}


def test_series_differ_also_for_the_color_blind(colors):
    """By the distance of what they see, as Machado et al. (2009) model it."""
    for matrix in COLOR_BLIND.values():
        seen = [_seen(colors[name], matrix) for name in palette.SERIES]
        for one, other in itertools.combinations(seen, 2):
            assert math.dist(one, other) > 0.1


#: Linear red, green and blue of full deutan, protan and tritan vision.
COLOR_BLIND = {
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def _seen(color, matrix):
    linear = [(int(color[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
    mixed = (
        sum(a * b for a, b in zip(row, linear, strict=True)) for row in matrix
    )
    return [max(value, 0.0) ** (1 / 2.2) for value in mixed]


def test_all_colors_of_the_style_are_in_the_palette():
    text = style()
    used = set(re.findall(r"var\(--(\w+)\)", text))
    assert used <= set(palette.LIGHT)
    assert palette.LIGHT.keys() == palette.DARK.keys()
    # Every other color is one of the text's own.
    rules = text.partition("*{")[2]
    rest = [c for c in re.findall(r"#\w+", rules) if c not in SCHEMES]
    assert not rest
