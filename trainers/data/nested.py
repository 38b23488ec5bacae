"""Inputs, labels and weights of examples: one array, or several.

Several are a dict or a tuple, by name or in order, not nested deeper; all have
one example in each row.
"""

import keras


def each(function, *inputs):
    """Returns inputs of what a function makes of their arrays."""
    return keras.tree.map_structure(function, *inputs)


def leaves(inputs):
    """Returns a list of the arrays."""
    return keras.tree.flatten(inputs)


def count_of(inputs):
    """Returns the number of examples."""
    return len(leaves(inputs)[0])


def shapes_of(inputs):
    """Returns the shape of one example; of several inputs one for each."""
    return each(lambda x: tuple(x.shape[1:]), inputs)


def shape_list(shapes):
    """Returns what `shapes_of` has returned as a list of shapes, in order.

    Example:

    >>> from normzoo.trainers.data.nested import shape_list
    >>> shape_list((3,)), shape_list({"b": (3,), "a": ()})
    ([(3,)], [(), (3,)])
    """
    if isinstance(shapes, dict):
        return [shapes[key] for key in sorted(shapes)]
    several = bool(shapes) and isinstance(shapes[0], tuple)
    return list(shapes) if several else [shapes]


def named(inputs, name):
    """Yields pairs of a name and an array: `"x"`, or `"x/age"` and so on.

    Example:

    >>> from normzoo.trainers.data.nested import named
    >>> dict(named({"age": 3}, "x")), dict(named((4, 5), "x"))
    ({'x/age': 3}, {'x/0': 4, 'x/1': 5})
    """
    for path, leaf in keras.tree.flatten_with_path(inputs):
        yield "/".join([name, *map(str, path)]), leaf


def names_of(structure, name):
    """Returns the names of several in the form of a structure, as `named`.

    Args:
        structure: one thing, a dict or a tuple.
        name: of all of them.
    """
    numbers = range(len(keras.tree.flatten(structure)))
    packed = keras.tree.pack_sequence_as(structure, list(numbers))
    return [key for key, _ in named(packed, name)]


def each_named(function, inputs, name):
    """Returns inputs of what a function makes of each array and its name.

    Args:
        function: of an array and a name, as `named` yields it.
        inputs: one array or several.
        name: of all of them.
    """
    found = iter([function(leaf, key) for key, leaf in named(inputs, name)])
    return each(lambda leaf: next(found), inputs)


def unnamed(arrays):
    """Returns name -> inputs, of what `named` has yielded for each.

    Example:

    >>> from normzoo.trainers.data.nested import unnamed
    >>> unnamed({"y": 0, "x/age": 3}), unnamed({"x/0": 4, "x/1": 5})
    ({'y': 0, 'x': {'age': 3}}, {'x': (4, 5)})
    """
    found, several = {}, {}
    for key, array in arrays.items():
        name, _, entry = key.partition("/")
        if entry:
            several.setdefault(name, {})[entry] = array
        else:
            found[name] = array
    for name, entries in several.items():
        numbers = list(map(str, range(len(entries))))
        in_order = sorted(entries) == sorted(numbers)
        found[name] = (
            tuple(entries[number] for number in numbers)
            if in_order
            else entries
        )
    return found
