"""Imports the built wheel, and nothing of the checkout.

Usage: python import_wheel.py FOLDER_OF_THE_WHEEL
"""

import pathlib
import sys

(wheel,) = pathlib.Path(sys.argv[1]).glob("normzoo-*.whl")
sys.path.insert(0, str(wheel))  # in front of an editable install

import normzoo  # noqa: E402

for name in ("layers", "zoo", "trainers", "configs"):
    module = getattr(normzoo, name)
    assert str(wheel) in module.__file__, module.__file__
print(f"{wheel.name}: {normzoo.zoo.mlp((8, 8, 1), 10, norm='layer').name}")
