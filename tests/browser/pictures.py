"""Pictures of pages, as the documents show them.

    python -m pytest tests/browser --pictures

takes those in `docs/pictures/` again.
"""

import io
import pathlib

from PIL import Image

import normzoo

FOLDER = pathlib.Path(normzoo.__file__).resolve().parent / "docs/pictures"
MOST_BYTES = 150_000
_COLORS = 128


def save(shot, path):
    """Writes a screenshot as a small PNG.

    Args:
        shot: bytes of a PNG.
        path: of the file.
    """
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES
