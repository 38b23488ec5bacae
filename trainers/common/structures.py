"""Small structures: nested dicts by dotted keys."""


def flatten(nested, prefix=""):
    """Returns dotted key -> value of a nested dict."""
    flat = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
