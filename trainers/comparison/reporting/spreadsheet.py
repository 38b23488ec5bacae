"""A comparison as a spreadsheet: one line a variant, numbers alone."""

import csv
import io


def csv_text(summary):
    """Returns the text of `summary.csv`.

    `METRIC_mean` is the Hodges-Lehmann center over all seeds, diverged runs
    included, `METRIC_low` and `METRIC_high` are the ends of its interval,
    `METRIC_level` the level that it attains; the same of the paired
    differences. An end that diverged runs leave open is `inf` or `-inf`.
    """
    records = [_record(row, summary) for row in summary.rows]
    fields = dict.fromkeys(key for record in records for key in record)
    file = io.StringIO()
    writer = csv.DictWriter(file, fields, restval="")
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue()


def _record(row, summary):
    record = {"variant": row.variant, "runs": row.runs}
    record["diverged"] = row.diverged
    for key in summary.metrics:
        record |= _columns(key, "mean", row.intervals[key])
        name = f"{key}_difference"
        record |= _columns(name, "", row.differences.get(key))
        if any(key in each.moving for each in summary.rows):
            record |= _columns(f"{key}_moving", "", row.moving.get(key))
    judgment = row.judgment
    record["verdict"] = row.verdict
    record["seeds_needed"] = judgment and judgment.seeds_needed
    for key, times in row.chosen.items():
        text = "; ".join(f"{value} x {count}" for value, count in times.items())
        record[f"chosen_{key}"] = text
    record["parameters"] = row.parameters
    record["memory"] = row.memory
    record["seconds"] = row.seconds
    record["tuning_seconds"] = row.tuning_seconds
    return record


def _columns(name, center, interval):
    names = (f"{name}_{center}".rstrip("_"), f"{name}_low", f"{name}_high")
    numbers = interval or ("",) * 4
    return dict(zip((*names, f"{name}_level"), numbers, strict=True))
