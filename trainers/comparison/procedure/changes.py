"""What was changed in a plan after a look, in words."""

from ...common.structures import flatten

#: Key of `plan.json` -> how it is called, `True` for a plural.
COUNTS = {
    "metric": ("compare.metric", False),
    "least": ("compare.least", False),
    "looks": ("The numbers of seeds of the looks", True),
    "seeds": ("The seeds", True),
    "baseline": ("compare.baseline", False),
    "variants": ("The variants", True),
    "grid": ("The settings to choose from (compare.tune)", True),
    "once": ("compare.tune.once", False),
    "tuning_seeds": ("The tuning seeds", True),
    "vary_split": ("compare.vary_split", False),
    "data": ("The data (config.dataset)", True),
    "epochs": ("epochs", False),
    # Of a claim.
    "measured": ("What is measured", False),
    "minimal": ("claim.minimal", False),
    "datasets": ("The data sets", True),
}


def sentences(before, after, now=True):
    """Returns one sentence for each thing that counts and was changed.

    Args:
        before: a plan, as `plan.json` holds it, with looks taken.
        after: the next one.
        now: whether that is the present one.

    Example:

    >>> from normzoo.trainers.comparison.procedure.changes import sentences
    >>> look = {"seeds": 10, "verdicts": {"batch": {"verdict": "better"}}}
    >>> before = {"least": 0.005, "looks_taken": [look]}
    >>> sentences(before, {"least": 0.01})
    ['compare.least was 0.005 when 10 seeds had been seen (batch: better); \
it is 0.01 now.']
    """
    verdicts = {}
    for look in before["looks_taken"]:
        verdicts |= look["verdicts"]
    seen = f"{look['seeds']} seeds had been seen ({said(verdicts)})"
    found = []
    for key, (name, plural) in COUNTS.items():
        old, new = _shown(before, key, after), _shown(after, key, before)
        if before.get(key) == after.get(key) or _follows(key, before, after):
            continue
        was, verb = ("were", "they are") if plural else ("was", "it is")
        then = f"{verb} {new} now"
        if not now:
            then = f"then {new}"
        found.append(f"{name} {was} {old} when {seen}; {then}.")
    return found


def said(verdicts):
    """Returns verdicts in words.

    Args:
        verdicts: variant -> dict with `"verdict"`.
    """
    texts = [f"{name}: {each['verdict']}" for name, each in verdicts.items()]
    return "; ".join(texts) or "nothing to judge"


def _follows(key, before, after):
    """Whether a change is another one's consequence."""
    if key == "seeds" and before.get("looks") != after.get("looks"):
        shorter, longer = sorted((before[key], after[key]), key=len)
        return longer[: len(shorter)] == shorter
    if key == "least":
        return before.get("metric") != after.get("metric")
    return key == "tuning_seeds" and before.get("once") != after.get("once")


def _shown(plan, key, other):
    value = plan.get(key)
    if key == "variants":
        return "; ".join(value or ())
    if key == "data":
        mine, theirs = flatten(value or {}), flatten(other.get(key) or {})
        return ", ".join(
            f"{k}={mine.get(k)!r}"
            for k in sorted(mine.keys() | theirs.keys())
            if mine.get(k) != theirs.get(k)
        )
    if key == "grid":
        return _grid(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _grid(grid):
    if not grid or not grid[0]:
        return "none"
    values = {
        key: list(dict.fromkeys(str(point[key]) for point in grid))
        for key in grid[0]
    }
    return ", ".join(f"{k}: {' '.join(each)}" for k, each in values.items())
