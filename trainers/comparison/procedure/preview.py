"""What a comparison will do, in words, before it does it."""

import textwrap

from ..looks import level_said
from ..runner import finished_result


def said(design, about=""):
    """Returns a text on the looks, the level and the tuning of a design.

    Args:
        design: the `Design`.
        about: what is learned, a sentence that comes first, or "".
    """
    metric, others = design.metric, len(design.variants) - 1
    looks = ", ".join(map(str, design.looks))
    seeds = "seed" if design.looks == (1,) else "seeds"
    least = f"{metric.text(design.least)}{' %' * (metric.scale == 100)}"
    variants = "1 variant,"
    if others:
        variants = f"{others + 1} variants, compared with {design.baseline} and"
    lines = [
        f"{variants} judged by {metric.name} after {looks} {seeds}; the "
        f"smallest difference that counts is {least}."
    ]
    if others:
        lines.append(level_said(design.level, others, design.looks))
    if design.tuned:
        choice = "with each seed"
        if design.once:
            choice = f"once, by {len(design.tuning_seeds)} other seeds"
        lines.append(
            f"Each variant chooses {', '.join(design.tuned)} from "
            f"{len(design.grid)} settings, {choice}."
        )
    lines = [about, *lines] if about else lines
    return "\n".join(textwrap.fill(line, 80) for line in lines)


def listed(plan, workdir):
    """Returns one line for each run that there may be.

    Args:
        plan: the `Plan`.
        workdir: folder of the comparison.
    """
    design = plan.design
    lines = []
    for (variant, seed), runs in plan.runs.items():
        if design.once and seed in design.seeds:
            lines.append(f"{'pending':9}{variant},seed={seed}, as chosen")
            continue
        lines += [f"{_state(run, workdir):9}{run.name}" for run in runs]
    return lines


def _state(run, workdir):
    found = finished_result(run, workdir)
    return "pending" if found is None else "finished"
