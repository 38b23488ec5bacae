"""How the comparison was made: data, design, configuration, versions."""

from ....layers.diagnosis.markup import element, joined, table
from ...common.structures import flatten
from ..reporting.making import environment, splits
from ..reporting.record import design_record
from .section import Section


def method(held):
    """Returns the `Section` on how the comparison was made."""
    config = held.runs[0].config
    name = config.get("dataset", {}).get("name")
    sizes = splits(held.results.values())
    content = joined(
        element("h3", "Command") if held.command else None,
        element("pre", held.command) if held.command else None,
        element("h3", "Data") if sizes else None,
        table(["split", "examples"], sizes, caption=name) if sizes else None,
        _folded("Design, fixed before the first run", _design(held.summary)),
        _folded(f"Configuration of {held.runs[0].name}", _config(config)),
        _folded("Versions and devices", environment(held.made_with)),
    )
    return Section("method", "How it was made", content)


def _folded(title, pairs):
    rows = [(name, str(value)) for name, value in pairs]
    found = table(["setting", "value"], rows)
    return element("details", element("summary", title), found, class_="long")


def _design(summary):
    for name, value in design_record(summary.design).items():
        title = name.replace("_", " ")
        if isinstance(value, dict):
            value = "; ".join(f"{k}: {v}" for k, v in value.items())
        yield title, value


def _config(config):
    return sorted(flatten(config.to_dict()).items())
