"""Files whose names tell their contents apart, wherever they lie."""

import re

_NAMED = re.compile(r".*[/\\](\w+-[0-9a-f]{12}\.\w+)")


def by_content(value):
    """Returns plain data with the names of such files in place of their paths.

    What depends on such a file depends on its name alone: the folder that it
    is in may be moved.

    Args:
        value: a text, a number, or lists and dicts of these.

    Example:

    >>> from normzoo.trainers.common.contents import by_content
    >>> by_content({"path": "/home/me/model-0123456789ab.keras", "depth": 2})
    {'path': 'model-0123456789ab.keras', 'depth': 2}
    """
    if isinstance(value, dict):
        return {key: by_content(each) for key, each in value.items()}
    if isinstance(value, list):
        return list(map(by_content, value))
    named = isinstance(value, str) and _NAMED.fullmatch(value)
    return named[1] if named else value
