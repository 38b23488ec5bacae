"""What a notebook shows of a comparison."""

import base64

from ....layers.diagnosis.markup import element, joined, table
from ..reporting.columns import table as cells_of
from ..reporting.legend import legend
from .section import notes


def fragment(summary, picture):
    """Returns the sentence, the table, its legend, the notes and a picture.

    Args:
        summary: the `Summary`.
        picture: the bytes of a PNG file.
    """
    data = base64.b64encode(picture).decode()
    return joined(
        element("p", element("strong", summary.sentence)),
        element("p", summary.about) if summary.about else None,
        table(*cells_of(summary)),
        element("p", legend(summary)),
        notes(summary.notes),
        element(
            "img",
            src=f"data:image/png;base64,{data}",
            alt="learning curves, final values",
        ),
    )
