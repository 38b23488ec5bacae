"""Prints what `replace_norms` does with the families of `keras.applications`.

    python docs/site/families.py
    python docs/site/families.py MobileNetV2 VGG19 --norms batch virtual

Each family, in its smallest variant, has a process of its own. A cell has the
number of norms that were replaced and of those that were left, if any; outputs
or gradients that are not finite and a model that differs once it is saved and
loaded are named. A family without norms gets some inserted. Norms whose cells
are all the same share a column.
"""

import argparse
import multiprocessing
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf

from normzoo import layers

#: Family -> the side of its images, and what makes it small.
FAMILIES = {
    "MobileNet": (32, {"alpha": 0.25}),
    "MobileNetV2": (32, {"alpha": 0.35}),
    "MobileNetV3Small": (32, {}),
    "MobileNetV3Large": (32, {}),
    "EfficientNetB0": (32, {}),
    "EfficientNetV2B0": (32, {}),
    "ResNet50": (32, {}),
    "ResNet50V2": (32, {}),
    "DenseNet121": (32, {}),
    "NASNetMobile": (32, {}),
    "ConvNeXtTiny": (32, {}),
    "Xception": (71, {}),
    "InceptionV3": (75, {}),
    "InceptionResNetV2": (75, {}),
    "VGG16": (32, {}),
    "VGG19": (32, {}),
}
WITHOUT_NORMS = ("VGG16", "VGG19")


def row(family, norms):
    """Returns the cells of one family, and prints each once it is known.

    Args:
        family: of `FAMILIES`.
        norms: names in `layers.NORMS`.
    """
    side, arguments = FAMILIES[family]
    cells = []
    for norm in norms:
        keras.backend.clear_session()
        model = getattr(keras.applications, family)(
            input_shape=(side, side, 3), weights=None, classes=4, **arguments
        )
        cells.append(cell(model, norm, family in WITHOUT_NORMS))
        print(f"{family}, {norm}: {cells[-1]}", flush=True)
    return cells


def cell(model, norm, insert=False):
    """Returns what became of a model with another norm, in words.

    Args:
        model: of images.
        norm: name in `layers.NORMS`.
        insert: whether it has no norms and gets some.
    """
    where = {"insert": "before_activation"} if insert else {}
    result = layers.replace_norms(model, norm, **where)
    images = np.random.default_rng(0).normal(
        120, 40, (3, *model.input_shape[1:])
    )
    images = images.astype("float32")
    new = result.model
    if norm == "virtual":
        new = layers.ReferenceModel(new, images)
    said = [str(len(result.replaced))]
    if result.left:
        said.append(f"{len(result.left)} left")
    if not _is_finite(new, images[:2]):
        said.append("not finite")
    if not _is_saved(new, images[:2]):
        said.append("differs when loaded")
    return ", ".join(said)


def _is_finite(model, images):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(images, training=True)[:, 0])
    gradients = tape.gradient(loss, model.trainable_variables)
    return all(
        np.isfinite(tf.convert_to_tensor(each)).all()
        for each in (loss, *gradients)
        if each is not None
    )


def _is_saved(model, images):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.keras")
        model.save(path)
        loaded = keras.models.load_model(path)
        return np.array_equal(loaded(images), model(images))


def columns(norms, rows):
    """Returns title -> cells; norms with equal cells share a column.

    Args:
        norms: names.
        rows: lists of a cell for each of them.
    """
    alike = {}
    for norm, cells in zip(norms, zip(*rows, strict=True), strict=True):
        alike.setdefault(cells, []).append(norm)
    return {", ".join(names): cells for cells, names in alike.items()}


def main():
    """Reads the command line and prints all cells, then the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("families", nargs="*", help="default: all")
    parser.add_argument(
        "--norms", nargs="+", choices=layers.NORMS, metavar="NORM"
    )
    flags = parser.parse_args()
    if unknown := set(flags.families) - FAMILIES.keys():
        parser.error(
            f"unknown: {', '.join(unknown)}; known: {', '.join(FAMILIES)}"
        )
    families, norms = (
        flags.families or list(FAMILIES),
        flags.norms or list(layers.NORMS),
    )
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, maxtasksperchild=1) as pool:
        rows = pool.starmap(row, [(each, norms) for each in families], 1)
    found = columns(norms, rows)
    print("\n| family |", " | ".join(found), "|")
    print("| --- |" + " --- |" * len(found))
    for family, *cells in zip(families, *found.values(), strict=True):
        print(f"| {family} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
