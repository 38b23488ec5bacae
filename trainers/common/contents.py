"""Files whose names tell their contents apart, wherever they lie."""

import re

_NAME = r"\w+-[0-9a-f]{12}\.\w+"
_NAMED = re.compile(rf".*[/\\]({_NAME})")


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


def located(value, folders):
    """Returns what `by_content` was given: the paths of such files.

    Args:
        value: what `by_content` has returned.
        folders: `pathlib.Path`s, that the files may be in. A name stays if
            there is no such file.
    """
    if isinstance(value, dict):
        return {key: located(each, folders) for key, each in value.items()}
    if isinstance(value, list):
        return [located(each, folders) for each in value]
    if isinstance(value, str) and re.fullmatch(_NAME, value):
        paths = (folder / value for folder in folders)
        return next((str(p) for p in paths if p.exists()), value)
    return value
