"""How a comparison was made, in words: its splits, versions and devices."""

from ...data.examples import SPLITS

_CALLED = {"train": "training"}


def splits(results):
    """Returns pairs of a split and how many examples it has, where known.

    Args:
        results: of the runs.
    """
    known = [r["examples"] for r in results if "examples" in r]
    found = []
    for split in SPLITS if known else ():
        counts = sorted({counts[split] for counts in known})
        text = " or ".join(f"{count:,}" for count in counts)
        found.append((_CALLED.get(split, split), text))
    return found


def data_said(held):
    """Returns a sentence on the data, or "" where nothing is known.

    Args:
        held: a `Held`.
    """
    name = held.runs[0].config.get("dataset", {}).get("name", "")
    found = splits(held.results.values())
    if not found:
        return ""
    counts = ", ".join(f"{count} {split}" for split, count in found)
    said = f"{counts} examples"
    if held.summary.design.vary_split:
        said += "; each seed draws the training and validation split again"
    return f"{name}: {said}." if name else f"{said}."


def environment(made_with):
    """Returns pairs of what was used and its version or name.

    Args:
        made_with: see `provenance`.
    """
    versions = made_with["versions"].items()
    found = [(name, version) for name, version in versions if version]
    devices = made_with["devices"]
    counted = [
        f"{devices.count(name)} x {name}" if devices.count(name) > 1 else name
        for name in dict.fromkeys(devices)
    ]
    found.append(("devices", ", ".join(counted)))
    found.append(("machine", made_with["machine"]))
    if made_with["git_revision"]:
        found.append(("git revision", made_with["git_revision"]))
    return found
