"""The blocks that hold data, as tables of rules: table, data_table and data_visualization.

It refuses ragged tables, formatted headings and a series that leaves a category of its chart out.
Sources: https://docs.slack.dev/reference/block-kit/blocks/data-table-block and its neighbours.
"""

from collections.abc import Iterator
from typing import Any

from playground.slack.block_elements import IDENTIFIER, RICH_TEXT
from playground.slack.block_rules import (
    Check,
    boolean,
    by_type,
    listing,
    null_or,
    number,
    one_of,
    positive,
    problem,
    shape,
    string,
    whole,
)

_RAW_TEXT = shape({"text": string()})
_RAW_NUMBER = shape({"value": number}, {"text": string()})
CELL = by_type({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT}, "cell type")
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})

TABLE = shape(
    {"rows": listing(listing(CELL, 1, 20), 1, 100)},
    {"block_id": IDENTIFIER, "column_settings": listing(null_or(_COLUMN), 1, 20)},
)
_DATA_TABLE = shape(
    {"caption": string(), "rows": listing(listing(CELL, 1, 20), 2, 201)},
    {"block_id": IDENTIFIER, "page_size": whole(1, 100), "row_header_column_index": whole(0, 19)},
)

MOST_POINTS, MOST_SERIES = 20, 12
_LABEL = string(20)
_SERIES = shape(
    {"name": _LABEL, "data": listing(shape({"label": _LABEL, "value": number}), 1, MOST_POINTS)},
)
_PLOTTED = shape(
    {
        "series": listing(_SERIES, 1, MOST_SERIES),
        "axis_config": shape(
            {"categories": listing(_LABEL, 1, MOST_POINTS)}, {"x_label": string(50), "y_label": string(50)}
        ),
    }
)
_PIE = shape({"segments": listing(shape({"label": _LABEL, "value": positive}), 1, MOST_SERIES)})
_CHART = by_type({"line": _PLOTTED, "bar": _PLOTTED, "area": _PLOTTED, "pie": _PIE}, "chart type")
_DATA_VISUALIZATION = shape({"title": string(50), "chart": _CHART}, {"block_id": IDENTIFIER})


def data_table(block: Any, path: str) -> Iterator[str]:
    yield from _DATA_TABLE(block, path)
    rows = block.get("rows")
    if not isinstance(rows, list):
        return
    lengths = {len(row) for row in rows if isinstance(row, list)}
    if len(lengths) > 1:
        yield problem("all rows must have the same number of cells", f"{path}/rows")
    header = rows[0] if rows and isinstance(rows[0], list) else []
    for column, cell in enumerate(header):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield problem("rich_text is not allowed in the header row", f"{path}/rows/0/{column}")
    index = block.get("row_header_column_index", 0)
    if type(index) is int and header and len(header) <= index <= 19:
        yield problem("must be the index of a column", f"{path}/row_header_column_index")


def data_visualization(block: Any, path: str) -> Iterator[str]:
    wrong = list(_DATA_VISUALIZATION(block, path))
    yield from wrong
    if wrong or block["chart"]["type"] == "pie":
        return
    chart, where = block["chart"], f"{path}/chart"
    categories = chart["axis_config"]["categories"]
    if len(set(categories)) != len(categories):
        yield problem("categories must be unique", f"{where}/axis_config/categories")
    names = [series["name"] for series in chart["series"]]
    if len(set(names)) != len(names):
        yield problem("series names must be unique", f"{where}/series")
    for index, series in enumerate(chart["series"]):
        labels = [point["label"] for point in series["data"]]
        if sorted(labels) != sorted(categories):
            yield problem("must have exactly one data point per category", f"{where}/series/{index}/data")


DATA_TABLE: Check = data_table
DATA_VISUALIZATION: Check = data_visualization
