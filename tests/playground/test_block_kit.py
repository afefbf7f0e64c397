"""The Block Kit checker knows Slack's documented limits: what fits passes, one more is refused."""

from typing import Any

import pytest

from playground.slack.block_kit import problems, problems_of_view

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Block:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "One", value: str = "1") -> Block:
    return {"text": plain(text), "value": value}


def select(count: int = 1, **more: Any) -> Block:
    return {"type": "static_select", "options": [option(value=str(n)) for n in range(count)], **more}


def cell(text: str = "x") -> Block:
    return {"type": "raw_text", "text": text}


def table(rows: int = 1, cells: int = 1, text: str = "x", **more: Any) -> Block:
    return {"type": "table", "rows": [[cell(text)] * cells for _ in range(rows)], **more}


def data_table(rows: int = 2, cells: int = 1, text: str = "x", **more: Any) -> Block:
    return {**table(rows, cells, text), "type": "data_table", "caption": "Fleet", **more}


def rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def chart(kind: str = "line", points: int = 1, series: int = 1, label: str = "p", title: str = "CPU") -> Block:
    """Labels are as long as `label` asks for, whatever number they carry."""
    labels = [f"{label}{n}"[-max(len(label), len(str(n)) + 1) :] for n in range(points)]
    data = [{"label": name, "value": 1.5} for name in labels]
    plotted = {
        "type": kind,
        "series": [{"name": f"s{n}", "data": data} for n in range(series)],
        "axis_config": {"categories": labels, "x_label": "Time", "y_label": "%"},
    }
    return {"type": "data_visualization", "title": title, "chart": plotted}


def pie(segments: int = 1, value: float = 1) -> Block:
    listed = [{"label": f"s{n}", "value": value} for n in range(segments)]
    return {"type": "data_visualization", "title": "Fleet", "chart": {"type": "pie", "segments": listed}}


def modal(*blocks: Block, **more: Any) -> Block:
    return {"type": "modal", "title": plain("x"), "blocks": list(blocks), **more}


def field(element: Block | None = None, label: str = "x", **more: Any) -> Block:
    return {"type": "input", "label": plain(label), "element": element or {"type": "plain_text_input"}, **more}


IMAGE = {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"}
CONFIRM = {"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("y"), "deny": plain("n")}

LIMITS = [
    ("section text", lambda n: [section("x" * n)], 3000),
    ("section field", lambda n: [{"type": "section", "fields": [mrkdwn("x" * n)]}], 2000),
    ("section fields", lambda n: [{"type": "section", "fields": [mrkdwn("x")] * n}], 10),
    ("header", lambda n: [{"type": "header", "text": plain("x" * n)}], 150),
    ("context elements", lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}], 10),
    ("actions elements", lambda n: [actions(*[button(value=str(i)) for i in range(n)])], 25),
    ("blocks in a message", lambda n: [{"type": "divider"}] * n, 50),
    ("block_id", lambda n: [section(block_id="x" * n)], 255),
    ("action_id", lambda n: [actions(button(action_id="x" * n))], 255),
    ("button text", lambda n: [actions(button("x" * n))], 75),
    ("button value", lambda n: [actions(button(value="x" * n))], 2000),
    ("button url", lambda n: [actions(button(url="https://e/" + "x" * (n - 10)))], 3000),
    ("accessibility label", lambda n: [actions(button(accessibility_label="x" * n))], 75),
    ("select options", lambda n: [actions(select(n))], 100),
    ("option text", lambda n: [actions({"type": "overflow", "options": [option("x" * n)]})], 75),
    ("option value", lambda n: [actions({"type": "overflow", "options": [option(value="x" * n)]})], 150),
    ("overflow options", lambda n: [actions({"type": "overflow", "options": [option()] * n})], 5),
    ("placeholder", lambda n: [actions(select(placeholder=plain("x" * n)))], 150),
    ("image alt text", lambda n: [{**IMAGE, "alt_text": "x" * n}], 2000),
    ("image title", lambda n: [{**IMAGE, "title": plain("x" * n)}], 2000),
    ("confirm title", lambda n: [actions(button(confirm={**CONFIRM, "title": plain("x" * n)}))], 100),
    ("confirm text", lambda n: [actions(button(confirm={**CONFIRM, "text": mrkdwn("x" * n)}))], 300),
    ("confirm button", lambda n: [actions(button(confirm={**CONFIRM, "deny": plain("x" * n)}))], 30),
    ("table rows", lambda n: [table(n)], 100),
    ("table cells", lambda n: [table(1, n)], 20),
    ("table column settings", lambda n: [table(column_settings=[{"align": "right"}] * n)], 20),
    ("table characters", lambda n: [table(text="x" * n)], 10_000),
    ("tables in a message", lambda n: [table()] * n, 1),
    ("data_table rows", lambda n: [data_table(n)], 201),
    ("data_table cells", lambda n: [data_table(2, n)], 20),
    ("data_table characters", lambda n: [data_table(text="x" * (n // 2)), *[data_table()] * (n % 2)], 20_000),
    ("data_table page size", lambda n: [data_table(page_size=n)], 100),
    ("data_tables in a message", lambda n: [data_table()] * n, 1),
    ("data_visualizations in a message", lambda n: [chart()] * n, 2),
    ("chart title", lambda n: [chart(title="x" * n)], 50),
    ("chart series", lambda n: [chart("bar", series=n)], 12),
    ("chart points", lambda n: [chart("area", points=n)], 20),
    ("chart label", lambda n: [chart(label="x" * n)], 20),
    ("pie segments", lambda n: [pie(n)], 12),
    (
        "radio buttons",
        lambda n: [actions({"type": "radio_buttons", "options": [option(value=str(i)) for i in range(n)]})],
        10,
    ),
    (
        "checkboxes",
        lambda n: [actions({"type": "checkboxes", "options": [option(value=str(i)) for i in range(n)]})],
        10,
    ),
]

VIEW_LIMITS = [
    ("title", lambda n: modal(title=plain("x" * n)), 24),
    ("submit", lambda n: modal(submit=plain("x" * n)), 24),
    ("close", lambda n: modal(close=plain("x" * n)), 24),
    ("callback_id", lambda n: modal(callback_id="x" * n), 255),
    ("external_id", lambda n: modal(external_id="x" * n), 255),
    ("private_metadata", lambda n: modal(private_metadata="x" * n), 3000),
    ("blocks of a modal", lambda n: modal(*[{"type": "divider"}] * n), 100),
    ("blocks of a home tab", lambda n: {"type": "home", "blocks": [{"type": "divider"}] * n}, 100),
    ("label", lambda n: modal(field(label="x" * n), submit=plain("x")), 2000),
    ("hint", lambda n: modal(field(hint=plain("x" * n)), submit=plain("x")), 2000),
    (
        "length of an input",
        lambda n: modal(field({"type": "plain_text_input", "max_length": n}), submit=plain("x")),
        3000,
    ),
]


@pytest.mark.parametrize(("name", "build", "most"), VIEW_LIMITS, ids=[limit[0] for limit in VIEW_LIMITS])
def test_the_documented_most_of_a_view_passes_and_one_more_is_refused(name: str, build: Any, most: int) -> None:
    assert problems_of_view(build(most)) == []
    assert problems_of_view(build(most + 1))


ELEMENTS: list[Block] = [
    select(2),
    {**select(2), "type": "multi_static_select", "max_selected_items": 2},
    {"type": "external_select", "min_query_length": 0},
    {"type": "multi_external_select", "placeholder": plain("Which?")},
    {"type": "radio_buttons", "options": [{"text": mrkdwn("*x*"), "value": "1"}]},
    {"type": "checkboxes", "options": [option()], "initial_options": [option()]},
    {"type": "datepicker", "initial_date": "2027-01-15"},
    {"type": "plain_text_input", "multiline": True, "initial_value": ""},
]


@pytest.mark.parametrize("element", ELEMENTS, ids=[element["type"] for element in ELEMENTS])
def test_every_kind_of_input_passes_in_a_modal_and_nowhere_else(element: Block) -> None:
    assert problems_of_view(modal(field(element), submit=plain("Go"))) == []
    assert problems_of_view({"type": "home", "blocks": [field(element)]})
    assert problems([field(element)])


REFUSED_VIEWS = [
    ("a message", {"type": "message"}, "unsupported type: message [json-pointer:/view/type]"),
    ("no title", {"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    ("no blocks", {"type": "home"}, "missing required field: blocks [json-pointer:/view]"),
    ("input without submit", modal(field()), "a `submit` is required when there are input blocks [json-pointer:/view]"),
    (
        "a home tab with a title",
        {"type": "home", "title": plain("x"), "blocks": []},
        "invalid additional property: title [json-pointer:/view]",
    ),
    (
        "a table in a modal",
        modal(data_table()),
        "unsupported type: data_table [json-pointer:/view/blocks/0/type]",
    ),
    (
        "text input outside of an input block",
        modal(actions({"type": "plain_text_input"})),
        "unsupported element: plain_text_input [json-pointer:/view/blocks/0/elements/0/type]",
    ),
]


@pytest.mark.parametrize(("name", "view", "sentence"), REFUSED_VIEWS, ids=[case[0] for case in REFUSED_VIEWS])
def test_it_refuses_a_view_with(name: str, view: Block, sentence: str) -> None:
    assert problems_of_view(view) == [sentence]


@pytest.mark.parametrize("hostile", [None, 7, [], {}, {"type": []}, {"type": "modal", "blocks": 7, "title": 7}])
def test_a_view_of_nonsense_is_a_problem_and_never_an_exception(hostile: Any) -> None:
    assert problems_of_view(hostile)


def test_a_table_and_a_data_table_do_not_go_together() -> None:
    assert problems([table(), data_table()]) == ["only 1 table or data_table block allowed [json-pointer:/blocks]"]


def broken(block: Block, **changes: Any) -> Block:
    return {**block, "chart": {**block["chart"], **changes}}


TWICE = {"name": "s", "data": [{"label": "p0", "value": 1}]}


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (broken(chart(), type="radar"), "unsupported chart type: radar [json-pointer:/blocks/0/chart/type]"),
        (broken(chart(), series=[TWICE, TWICE]), "series names must be unique [json-pointer:/blocks/0/chart/series]"),
        (
            broken(chart(points=2), series=[TWICE]),
            "must have exactly one data point per category [json-pointer:/blocks/0/chart/series/0/data]",
        ),
        (pie(value=0), "must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]"),
        (pie(value=float("nan")), "must be a number [json-pointer:/blocks/0/chart/segments/0/value]"),
        (
            data_table(row_header_column_index=1),
            "must be the index of a column [json-pointer:/blocks/0/row_header_column_index]",
        ),
        (
            actions(select(2, initial_option=option("Other", "7"))),
            "must be one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
        ),
        (
            actions({"type": "datepicker", "initial_date": "15.1.2027"}),
            "must be a date in the format YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
        ),
    ],
)
def test_what_must_fit_together_is_looked_at_together(block: Block, sentence: str) -> None:
    assert problems([block]) == [sentence]


@pytest.mark.parametrize(("name", "build", "most"), LIMITS, ids=[limit[0] for limit in LIMITS])
def test_the_documented_most_passes_and_one_more_is_refused(name: str, build: Any, most: int) -> None:
    assert problems(build(most)) == []
    assert problems(build(most + 1))


def test_a_modal_and_a_home_tab_hold_a_hundred_blocks() -> None:
    for surface in ("modal", "home"):
        assert problems([{"type": "divider"}] * 100, surface) == []
        assert problems([{"type": "divider"}] * 101, surface)


def test_a_modal_takes_no_table() -> None:
    assert problems([table()], "home") == []
    assert problems([table()], "modal") == ["unsupported type: table [json-pointer:/blocks/0/type]"]


REFUSED = [
    ("a block nobody knows", [{"type": "chart"}], "unsupported type: chart [json-pointer:/blocks/0/type]"),
    ("a block without type", [{}], "missing required field: type [json-pointer:/blocks/0]"),
    ("blocks that are no array", {"type": "divider"}, "must be an array [json-pointer:/blocks]"),
    ("a block that is no object", ["x"], "must provide an object [json-pointer:/blocks/0]"),
    ("empty text", [section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (
        "mrkdwn in a header",
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    (
        "mrkdwn on a button",
        [actions({"type": "button", "text": mrkdwn("x")})],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    (
        "emoji in mrkdwn",
        [{"type": "section", "text": {**mrkdwn("x"), "emoji": True}}],
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    (
        "a section without text or fields",
        [{"type": "section"}],
        "must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    (
        "an unknown property",
        [section(colour="red")],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    ("no elements", [actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (
        "an image inside actions",
        [actions(IMAGE)],
        "unsupported element: image [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        "a style that isn't one",
        [actions(button(style="warning"))],
        "must be one of primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "a script as address",
        [actions(button(url="javascript:alert(1)"))],
        "invalid_url [json-pointer:/blocks/0/elements/0/url]",
    ),
    (
        "a select with options and groups",
        [actions(select(option_groups=[{"label": plain("g"), "options": [option()]}]))],
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    (
        "an image with both sources",
        [{**IMAGE, "slack_file": {"id": "F1"}}],
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    (
        "the same block_id twice",
        [section(block_id="a"), section(block_id="a")],
        "block_id already exists: a [json-pointer:/blocks/1/block_id]",
    ),
    (
        "the same action_id twice in a block",
        [actions(button(action_id="a"), button(action_id="a"))],
        "action_id already exists: a [json-pointer:/blocks/0/elements]",
    ),
    (
        "an empty cell",
        [table(text="")],
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    (
        "a button in a cell",
        [{"type": "table", "rows": [[button()]]}],
        "unsupported cell type: button [json-pointer:/blocks/0/rows/0/0/type]",
    ),
    (
        "a data_table without caption",
        [{**table(2), "type": "data_table"}],
        "missing required field: caption [json-pointer:/blocks/0]",
    ),
    (
        "a data_table with ragged rows",
        [{**data_table(), "rows": [[cell()], [cell(), cell()]]}],
        "all rows must have the same number of cells [json-pointer:/blocks/0/rows]",
    ),
    (
        "rich text in a data_table's header",
        [{**data_table(), "rows": [[rich({"type": "text", "text": "x"})], [cell()]]}],
        "rich_text is not allowed in the header row [json-pointer:/blocks/0/rows/0/0]",
    ),
    (
        "an unknown rich text element",
        [rich({"type": "blink"})],
        "unsupported type: blink [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
]


@pytest.mark.parametrize(("name", "blocks", "sentence"), REFUSED, ids=[case[0] for case in REFUSED])
def test_it_refuses(name: str, blocks: Any, sentence: str) -> None:
    assert problems(blocks) == [sentence]


def test_every_kind_of_block_passes_when_it_keeps_the_rules() -> None:
    inline: list[Block] = [
        {"type": "text", "text": "x", "style": {"bold": True}},
        {"type": "link", "url": "https://example.com", "text": "x"},
        {"type": "user", "user_id": "U0ADA"},
        {"type": "channel", "channel_id": "C0OPS"},
        {"type": "emoji", "name": "tada"},
        {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "x"},
        {"type": "broadcast", "range": "here"},
    ]
    line = {"type": "rich_text_section", "elements": inline}
    blocks = [
        section(accessory=button(action_id="a", confirm=CONFIRM, style="danger")),
        section(accessory=IMAGE),
        {"type": "header", "text": {**plain("x"), "emoji": True}},
        {"type": "context", "elements": [IMAGE, mrkdwn("x"), plain("x")]},
        {"type": "divider", "block_id": "line"},
        actions(select(3, action_id="s"), button(action_id="b"), {"type": "overflow", "options": [option()]}),
        IMAGE,
        {
            "type": "rich_text",
            "elements": [
                line,
                {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [line]},
                {"type": "rich_text_quote", "elements": inline},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
            ],
        },
        {
            "type": "table",
            "column_settings": [None, {"align": "right", "is_wrapped": True}],
            "rows": [[cell(), rich(*inline)], [{"type": "raw_number", "value": 1.5}, cell()]],
        },
    ]

    assert problems(blocks) == []
    assert problems([*blocks[:-1], data_table(row_header_column_index=0, page_size=10)]) == []


def test_the_same_action_id_may_return_in_another_block() -> None:
    assert problems([actions(button(action_id="a")), actions(button(action_id="a"))]) == []


@pytest.mark.parametrize("hostile", [None, 7, "x", [None], [[]], [{"type": {}}], [{"type": []}]])
def test_nonsense_is_a_problem_and_never_an_exception(hostile: Any) -> None:
    assert problems(hostile)
