"""Whether a run can go on to more epochs as if it had always had them."""

from ..common.errors import InputError
from ..common.structures import flatten

#: Keys that may be absent, by the trainer; what they measure after the last
#: epoch is in the log.
_EVERY = ("validate_every_epochs", "probe_every_epochs")
_SCHEDULE = "schedule"


def extends(held, wanted, changed):
    """Returns whether two configs differ only in more epochs.

    Args:
        held: the resolved config of the run in the folder.
        wanted: that of the run that is asked for.
        changed: lines that name the keys in which they differ.
    """
    before, now = held.get("epochs"), wanted.get("epochs")
    if not (isinstance(before, int) and isinstance(now, int)):
        return False
    return now > before and len(changed) == 1


def check(held, folder):
    """Raises `InputError` unless more epochs leave the first ones the same.

    Args:
        held: the resolved config of the run in the folder.
        folder: of the run, for the message.
    """
    epochs = held["epochs"]
    found = [
        f"{key}={value!r} ends with the last epoch"
        for key, value in flatten(held).items()
        if key.rpartition(".")[2] == _SCHEDULE and value != "constant"
    ]
    found += [
        f"{key}={held[key]} has been followed by an extra one after epoch "
        f"{epochs}, which was the last"
        for key in _EVERY
        if epochs % held.get(key, 1)
    ]
    if found:
        raise InputError(
            f"The run in {folder} cannot be extended beyond its {epochs} "
            "epochs, because a longer run would have begun differently: "
            f"{'; '.join(found)}. Name another workdir to start from the "
            "beginning."
        )
