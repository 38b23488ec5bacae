"""Public names have types, which `make lint` checks with mypy."""

import importlib
import inspect
import pathlib

import normzoo
from normzoo import layers, trainers, zoo
from normzoo.trainers.comparison.answer import Comparison

ROOT = pathlib.Path(normzoo.__file__).parent


def public_modules():
    """Yields the modules whose `__all__` says what is public."""
    yield from (layers, zoo)
    for path in sorted(pathlib.Path(trainers.__file__).parent.glob("*.py")):
        module = importlib.import_module(f"normzoo.trainers.{path.stem}")
        if path.stem != "__init__" and hasattr(module, "__all__"):
            yield module


def public_things():
    """Yields the public classes and functions of this package."""
    yield from (normzoo.compare_norms, normzoo.diagnose, Comparison)
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if getattr(thing, "__module__", "").startswith("normzoo."):
                yield thing


def methods(cls):
    """Yields the public methods that classes of this package give a class."""
    for base in cls.__mro__:
        for name, thing in vars(base).items():
            public = name == "__init__" or not name.startswith("_")
            thing = getattr(thing, "__func__", getattr(thing, "fget", thing))
            thing = inspect.unwrap(thing) if callable(thing) else thing
            if (
                public
                and inspect.isfunction(thing)
                and thing.__module__.startswith("normzoo.")
            ):
                yield thing


def functions():
    """Returns name -> function, of all that is public."""
    found = {}
    for thing in public_things():
        for each in methods(thing) if inspect.isclass(thing) else [thing]:
            found[f"{each.__module__}.{each.__qualname__}"] = each
    return found


def untyped(function):
    """Returns the parameters without a type, and `return`."""
    signature = inspect.signature(function)
    names = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is inspect.Parameter.empty
        and name not in ("self", "cls")
    ]
    if signature.return_annotation is inspect.Signature.empty:
        names.append("return")
    return names


def test_all_public_functions_have_types():
    found = functions()
    expected = {
        "normzoo.zoo.mlp.mlp",
        "normzoo.layers.norms.batch_normalization.BatchNormalization.__init__",
        "normzoo.trainers.comparison.norms.compare_norms",
        "normzoo.layers.recurrent.base.NormalizedRNN.noting",
    }
    assert expected <= found.keys()
    missing = {name: untyped(each) for name, each in found.items()}
    assert not {name: names for name, names in missing.items() if names}


def test_a_missing_type_is_noticed():
    def function(x: int, y, *args, z: int = 1) -> None:
        del x, y, args, z

    assert untyped(function) == ["y", "args"]
    assert untyped(lambda: None) == ["return"]


def test_mypy_checks_the_modules_of_public_names():
    settings = (ROOT / "pyproject.toml").read_text()
    assert 'packages = ["normzoo.layers", "normzoo.zoo"]' in settings
    modules = {module.__name__ for module in public_modules()}
    modules |= {thing.__module__ for thing in public_things()}
    assert not {
        name
        for name in modules
        if not name.startswith(("normzoo.layers", "normzoo.zoo"))
        and f'"{name}",' not in settings
    }
