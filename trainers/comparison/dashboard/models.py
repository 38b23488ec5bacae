"""What a variant's models are like, and what they make of the data."""

import zipfile

from ...common.errors import InputError, shortly
from ...inspection.graph_view import graph_view
from ...run.summaries import image, text
from ..trainers import trainer_of

#: Of a class that this process does not know, or of a file that is gone.
_NOT_LOADED = (InputError, OSError, TypeError, ValueError, zipfile.BadZipFile)


def add_models(events, outcomes, workdir):
    """Writes the graph of a variant's models, their layers, and images.

    They are those of its first run that has not diverged.

    Args:
        events: the `EventFile` of the variant.
        outcomes: its `Outcome`s.
        workdir: of the comparison.
    """
    ended = [o for o in outcomes if o.result["status"] != "diverged"]
    run = (ended or outcomes)[0].run
    trainer, folder = trainer_of(run.config), workdir / run.name
    try:
        models = trainer.models(run.config, folder)
    except _NOT_LOADED as error:
        said = f"`{run.name}`: the model cannot be loaded: {shortly(error)}"
        events.add(text("model", said), step=0)
        return
    if not models:
        return
    parts = [f"{name}:\n\n```\n{_layers(m)}\n```" for name, m in models.items()]
    said = "\n\n".join([f"`{run.name}`", *parts])
    events.add(text("model", said), step=0)
    events.add_graph(graph_view(models))
    for tag, pixels in trainer.images(run.config, models, folder):
        events.add(image(tag, pixels), step=0)


def _layers(model):
    lines = []
    model.summary(print_fn=lines.append, expand_nested=True, line_length=80)
    return "\n".join(lines)
