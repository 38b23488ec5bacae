"""What tells the code of functions and classes apart, whatever their names."""

import functools
import hashlib
import types

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def digest_of(thing):
    """Returns 12 hexadecimal digits that tell the code of something apart.

    They are of what it says, not of comments or lines: of its own code, of the
    functions, classes and plain values of the same package that this names, and
    of what it encloses. What is in other packages, or in objects, is not looked
    at, and another version of Python has other digits.

    Args:
        thing: a function, a partial of one, or a class.

    Example:

    >>> from normzoo.trainers.common.code import digest_of
    >>> digest_of(lambda x: x + 1) == digest_of(lambda x: x + 1)
    True
    >>> digest_of(lambda x: x + 1) == digest_of(lambda x: x + 2)
    False
    """
    reader = _Reader(_package(thing))
    reader.read(thing)
    return reader.digest.hexdigest()[:12]


class _Reader:
    """Reads what is in one package, each thing once."""

    def __init__(self, package):
        self.digest = hashlib.sha256()
        self._package = package
        self._seen = set()

    def read(self, value):
        """Adds a value to the digest."""
        if isinstance(value, _PLAIN):
            self._add(value)
        elif isinstance(value, (tuple, list)):
            self._add(len(value))
            for each in value:
                self.read(each)
        elif isinstance(value, frozenset):
            self._add(sorted(map(repr, value)))
        elif isinstance(value, types.CodeType):
            self._read_code(value)
        elif id(value) not in self._seen:
            self._seen.add(id(value))
            self._read_object(value)

    def _add(self, value):
        self.digest.update(repr(value).encode())

    def _read_object(self, value):
        if isinstance(value, functools.partial):
            self.read([value.func, value.args, *value.keywords.items()])
        elif isinstance(value, property):
            self.read([value.fget, value.fset])
        elif isinstance(value, (staticmethod, classmethod, types.MethodType)):
            self.read(value.__func__)
        elif _package(value) != self._package:
            return
        elif isinstance(value, types.FunctionType):
            self._read_function(value)
        elif isinstance(value, type):
            self.read(list(value.__bases__))
            for name, each in sorted(vars(value).items()):
                if not name.startswith("__") or callable(each):
                    self.read([name, each])

    def _read_function(self, function):
        keywords = function.__kwdefaults__ or {}
        self.read([function.__code__, function.__defaults__])
        self.read([*keywords.items()])
        for cell in function.__closure__ or ():
            try:
                self.read(cell.cell_contents)
            except ValueError:  # It is not set yet.
                continue
        known = function.__globals__
        names = sorted(_names(function.__code__))
        self.read([(name, known[name]) for name in names if name in known])

    def _read_code(self, code):
        self._add(code.co_code)
        self._add((code.co_names, code.co_varnames))
        self.read(code.co_consts)


def _names(code):
    """Returns the names that code looks up, functions in it included."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _package(value):
    """Returns the package of what is defined in one; "" of others."""
    if isinstance(value, functools.partial):
        return _package(value.func)
    module = getattr(value, "__module__", None) or ""
    return module.partition(".")[0]
