"""TensorBoard's Custom Scalars tab: each curve with its band."""

import itertools

from tensorboard.plugins.custom_scalar import layout_pb2, summary


def layout(bands):
    """Returns the summary of the layout: a margin chart for each `Band`."""
    categories = [
        # TensorBoard shows the last chart first.
        layout_pb2.Category(
            title=split, chart=[_chart(band) for band in of_split][::-1]
        )
        for split, of_split in itertools.groupby(bands, lambda b: b.split)
    ]
    return summary.pb(layout_pb2.Layout(category=categories))


def _chart(band):
    value, lower, upper = band.tags
    series = layout_pb2.MarginChartContent.Series(
        value=value, lower=lower, upper=upper
    )
    return layout_pb2.Chart(
        title=f"{band.split} {band.name}",
        margin=layout_pb2.MarginChartContent(series=[series]),
    )
