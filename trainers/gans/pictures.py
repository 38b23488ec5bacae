"""Pictures of what a generator makes: grids, and a film of one over time."""

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ..common.files import make_folder, replacing

#: Images of fewer pixels a side are shown larger.
_SMALLEST = 32

#: Milliseconds of a picture in the film, and of the last one.
_SHOWN, _LAST_SHOWN = 200, 1500


def grid(examples, columns=None):
    """Returns examples side by side, as a `PIL.Image`.

    Args:
        examples: in [-1, 1]: images `(count, height, width, channels)` of one
            or three channels, or points `(count, 2)`.
        columns: images in a row; None makes a square.
    """
    examples = np.nan_to_num(examples)
    if examples.ndim == 2:
        return _scatter(examples)
    scale = -(-_SMALLEST // examples.shape[1])
    large = examples.repeat(scale, 1).repeat(scale, 2)
    bright = np.clip((large + 1) * 127.5, 0, 255).round().astype(np.uint8)
    # A line between two images.
    bright = np.pad(bright, ((0, 0), (1, 1), (1, 1), (0, 0)))
    count, height, width, channels = bright.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    board = np.zeros((rows * columns, height, width, channels), np.uint8)
    board[:count] = bright
    board = board.reshape(rows, columns, height, width, channels)
    board = board.transpose(0, 2, 1, 3, 4)
    board = board.reshape(rows * height, columns * width, channels)
    return Image.fromarray(board[..., 0] if channels == 1 else board)


def interpolation(make, starts, ends, steps=10):
    """Returns a grid whose rows lead from one noise to another.

    On the sphere, along which normal noise lies: linear mixtures of two are
    shorter than what the generator has seen.

    Args:
        make: a function from noise, row by row, to examples, as NumPy arrays.
        starts: noise, `(rows, latent_dim)`.
        ends: as many.
        steps: examples in a row.
    """
    angles = np.linspace(0, np.pi / 2, steps, dtype="float32")[None, :, None]
    noise = np.cos(angles) * starts[:, None] + np.sin(angles) * ends[:, None]
    made = make(noise.reshape(-1, noise.shape[-1]))
    rows = made.reshape(len(starts), steps, *made.shape[1:])
    if made.ndim == 2:
        return grid(made)
    # Each row of the grid as one wide image.
    wide = np.concatenate(np.moveaxis(rows, 1, 0), axis=2)
    return Image.fromarray(np.vstack([np.asarray(grid(x[None])) for x in wide]))


def save(image, path):
    """Writes an image as a whole or not at all, and makes its folder."""
    _write(path, lambda file: image.save(file, "PNG"))


def film(paths, target):
    """Writes pictures, in their order, as an animated GIF."""
    images = [Image.open(path).convert("P") for path in paths]
    durations = [_SHOWN] * (len(images) - 1) + [_LAST_SHOWN]

    def write(file):
        images[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=images[1:],
            duration=durations,
            loop=0,
        )

    _write(target, write)


def _write(path, write):
    make_folder(path.parent)
    with (
        replacing(path, "The picture") as temporary,
        open(temporary, "wb") as file,
    ):
        write(file)


def _scatter(points):
    figure = Figure(figsize=(3, 3), layout="constrained")
    axes = figure.subplots()
    axes.scatter(*points.T, s=2, alpha=0.5)
    axes.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
    file = io.BytesIO()
    figure.savefig(file, dpi=100)
    return Image.open(file).convert("L")
