"""The table of trainers, and which of them a config is for."""

from ..common.errors import InputError
from ..gans import trainer as gan
from ..supervised import latency
from ..supervised import trainer as classifier

#: Name -> `Trainer`. A config is for the first one whose key it has.
TRAINERS = {
    "latency": latency.TRAINER,
    "gan": gan.TRAINER,
    "classifier": classifier.TRAINER,
}


def trainer_of(config):
    """Returns the `Trainer` that a config is for.

    Raises:
        InputError: it is for none.
    """
    if trainer := _find(config):
        return trainer
    expected = ", ".join(
        f"{trainer.key} ({trainer.script})" for trainer in TRAINERS.values()
    )
    raise InputError(
        f"No trainer takes this config: it has none of the keys {expected}. "
        "Begin it with normzoo.configs.default.get_config()."
    )


def expect(name, config):
    """Raises `InputError` if a config is for another trainer than `name`.

    One that is for none passes: its own trainer says what it lacks.
    """
    trainer, wanted = _find(config), TRAINERS[name]
    if trainer not in (None, wanted):
        raise InputError(
            f"A config with {trainer.key!r} is not for {wanted.script}. Use "
            f"{trainer.script}."
        )


def _find(config):
    found = (each for each in TRAINERS.values() if each.key in config)
    return next(found, None)
