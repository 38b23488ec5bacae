"""The pages about the claims, from the records of their experiments."""

import json
import pathlib

from ..common.errors import InputError
from ..common.files import write_text
from ..common.paths import user_path
from .claims_plot import plot_claim
from .verdicts import decide, seeds_needed

_SECOND = 100  # the first seed of the run that the first one is held against
_BEGIN, _END = "<!-- claims -->\n", "<!-- end of claims -->"
_HEAD = """\
# Claims

Well-known sentences about normalization, each an experiment that anyone can run
again. `normzoo.trainers.claims_report` writes this page from `docs/results`.

An experiment yields one number for each seed, the effect; runs of one seed
start from equal kernels and see equal batches. What counts as an effect, and
its sign, stand in the claim's config and were fixed before the runs. The number
of seeds was not: where two runs of five seeds (eight in `speed`) said that nine
verdicts of ten need more, a run has as many, if they take no longer than six
minutes, and the first ones are among them. The verdict is **supported** if the
effect's 95 % t interval lies above the least effect that counts, **refuted** if
it lies below, **inconclusive** if it lies on both sides. Learning rates and the
like are chosen by validation accuracy, over all seeds; test data are read once,
at the end of each run. Where there are several data sets, a seed's effect is
the mean over them. A verdict is about these models and data: each claim's
limits are named.

Batch norms are measured with their moving statistics here, of momentum 0.9:
these experiments ran before runs ended with population statistics. They run
like that with `--config.population.examples=0`.

"""


def collect(runs, results):
    """Copies the record of each claim, with a picture, into a folder.

    Raises:
        InputError: there is no record.
    """
    found = sorted(pathlib.Path(runs).glob("*/claim.json"))
    if not found:
        raise InputError(
            f"No */claim.json in {runs}. Make them: python -m "
            "normzoo.trainers.claims --config=claims/NAME "
            f"--workdir={runs}/NAME."
        )
    for path in found:
        record = json.loads(path.read_text())
        if record["verdict"] is None:
            raise InputError(
                f"{path} is of a run with --quick, which is not judged."
            )
        name = _file_name(record)
        write_text(results / f"{name}.json", json.dumps(record, indent=1))
        if not record["first_seed"]:
            plot_claim(record, results / f"{name}.svg")


def _file_name(record):
    first = record["first_seed"]
    return record["name"] + (f"-seeds-from-{first}" if first else "")


def write(docs):
    """Writes `claims.md` in the folder `docs`; returns the README's table."""
    records = [
        json.loads(path.read_text())
        for path in sorted((docs / "results").glob("*.json"))
    ]
    claims = _claims(records)
    sections = [_section(*claim, docs) for claim in claims]
    parts = [_HEAD, _agreement(claims), _table(claims), "\n"]
    write_text(docs / "claims.md", "".join(parts) + "\n".join(sections))
    return _table(claims, f"{docs.name}/claims.md")


def _claims(records):
    """Returns each claim's record, and those of its runs with other seeds."""
    records = sorted(records, key=lambda r: (r["number"], r["first_seed"]))
    others = [r for r in records if r["first_seed"]]
    return [
        (record, [other for other in others if other["name"] == record["name"]])
        for record in records
        if not record["first_seed"]
    ]


def _agreement(claims):
    """Says how many verdicts the second runs share with the first."""
    pairs = [
        (record, other)
        for record, others in claims
        for other in others
        if other["first_seed"] == _SECOND
    ]
    others = [a["name"] for a, b in pairs if a["verdict"] != b["verdict"]]
    named = f", all but {', '.join(others)}" if others else ""
    return (
        f"Of {len(pairs)} claims that were run again, with seeds from "
        f"{_SECOND}, {len(pairs) - len(others)} got the same verdict{named}. "
        "The last column judges the effects of all runs together.\n\n"
        if pairs
        else ""
    )


def _table(claims, page=""):
    lines = [
        "| | sentence | verdict | effect | with other seeds | all seeds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for record, others in claims:
        again = "; ".join(f"{r['verdict']}, {_effect(r)}" for r in others)
        pooled = _pooled([record, *others]) if others else None
        together = f"{pooled['verdict']}, {_effect(pooled)}" if others else ""
        lines.append(
            f"| {record['number']} | [{record['sentence']}]"
            f"({page}#{record['name']}) | **{record['verdict']}** | "
            f"{_effect(record)} | {again} | {together} |"
        )
    return "\n".join(lines) + "\n"


def _pooled(records):
    """Returns the verdict on the effects of several runs of a claim."""
    return decide(_effects(records), records[0]["minimal"])._asdict()


def _effects(records):
    return [e for record in records for e in record["effects"].values()]


def _seeds(records):
    """Says how many seeds a run has, and how many it should have."""
    needed = seeds_needed(_effects(records), records[0]["minimal"])
    return (
        f"{records[0]['seeds']} seeds in a run. For a verdict in nine of ten "
        f"runs, by the effects of all, it takes {needed or 'over 1000'}.\n\n"
    )


def _effect(record):
    low, high = record["low"], record["high"]
    return f"{record['effect']:.3g} [{low:.3g}, {high:.3g}]"


def _mean(row):
    if row["half_width"] is None:
        return f"{row['mean']:.3g}"
    return f"{row['mean']:.3g} ± {row['half_width']:.2g}"


def _section(record, others, docs):
    seen = docs / "results" / f"{record['name']}.md"
    rows = [
        f"| {row['dataset']} | {row['label']} | {_mean(row)} |"
        for row in record["observations"]
    ]
    again = "".join(
        f"With seeds from {r['first_seed']}: {r['verdict']}, {_effect(r)}.\n\n"
        for r in others
    )
    diverged = record["diverged"] and f", {record['diverged']} diverged"
    return (
        f"## {record['name']}\n\n"
        f"{record['number']}. {record['sentence']}\n\n"
        f"**{record['verdict'].capitalize()}**: {_effect(record)}, where more "
        f"than {record['minimal']:g} counts ({record['measured']}).\n\n"
        f"![{record['name']}](results/{record['name']}.svg)\n\n"
        + (f"{seen.read_text().strip()}\n\n" if seen.exists() else "")
        + f"{record['limits']}\n\n{_seeds([record, *others])}{again}"
        + "| data | measured | mean |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + f"\n\n{record['runs']} runs{diverged or ''}, {record['date']}, "
        f"TensorFlow {record['versions']['tensorflow']}, Keras "
        f"{record['versions']['keras']}:\n\n    {record['command']}\n"
    )


def put_into(readme, table):
    """Puts the table between its marks in a README.

    Raises:
        InputError: the marks are not there.
    """
    text = readme.read_text()
    if _BEGIN not in text or _END not in text:
        raise InputError(f"{readme} has no {_BEGIN.strip()} and {_END}.")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    write_text(readme, before + _BEGIN + table + _END + after)


def publish(runs, docs):
    """Writes what was found into the documents and the README beside them.

    Args:
        runs: folder of the claims' workdirs, or None to take none in.
        docs: folder of the documents.

    Raises:
        InputError: there is no record in `runs`, or one that is not judged; or
            the README has no place for the table.
    """
    docs = user_path(docs, "folder --docs")
    results = docs / "results"
    results.mkdir(parents=True, exist_ok=True)
    if runs:
        collect(user_path(runs), results)
    put_into(docs.parent / "README.md", write(docs))
