"""Every documented shape of an alarm's change of state is understood; what is none is refused by name."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alarm_events import MAX_BYTES, AlarmEvent, AlarmState, Kind, parse
from bot.alert_errors import InvalidAlarmError

EVENTS = Path(__file__).parent / "events"
SAMPLES = {path.stem: path.read_text(encoding="utf-8") for path in EVENTS.glob("*-*.json")}
ACCOUNT = "123456789012"
WEB_1 = "i-0123456789abcdef0"


def read(name: str) -> AlarmEvent:
    return parse(SAMPLES[name], ACCOUNT)


def changed(name: str, **fields: Any) -> str:
    return json.dumps({**json.loads(SAMPLES[name]), **fields})


def reason(body: str, **options: Any) -> str:
    with pytest.raises(InvalidAlarmError) as refused:
        parse(body, ACCOUNT, **options)
    return refused.value.reason


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("eventbridge-metric", Kind.METRIC),
        ("eventbridge-muted", Kind.METRIC),
        ("eventbridge-math", Kind.MATH),
        ("eventbridge-insights", Kind.MATH),
        ("eventbridge-anomaly", Kind.ANOMALY),
        ("eventbridge-composite", Kind.COMPOSITE),
        ("eventbridge-contributor", Kind.CONTRIBUTOR),
        ("sns-raw-metric", Kind.METRIC),
        ("sns-enveloped-metric", Kind.METRIC),
        ("sns-enveloped-math", Kind.MATH),
        ("sns-raw-composite", Kind.COMPOSITE),
        ("lambda-metric", Kind.METRIC),
        ("lambda-composite", Kind.COMPOSITE),
    ],
)
def test_each_documented_shape_is_understood(name: str, kind: Kind) -> None:
    event = read(name)
    assert (event.kind, event.state, event.region) == (kind, AlarmState.ALARM, "us-east-1")
    assert event.reason
    if kind is not Kind.COMPOSITE:
        assert event.instance_ids == (WEB_1,) or name == "eventbridge-insights"


def test_no_sample_is_left_untested() -> None:
    assert len(SAMPLES) == 15
    assert {read(name).state for name in SAMPLES} == set(AlarmState)


@pytest.mark.parametrize("name", ["eventbridge-metric", "sns-raw-metric", "sns-enveloped-metric", "lambda-metric"])
def test_the_same_change_is_the_same_whatever_way_it_comes(name: str) -> None:
    event = read(name)
    assert event.identity == "us-east-1/web-1-cpu||ALARM|1795341880.985"
    assert event.comparison is not None
    assert (event.comparison.value, event.comparison.threshold) == (97.2, 80.0)
    (metric,) = event.metrics
    assert (metric.namespace, metric.name, metric.stat, metric.period) == ("AWS/EC2", "CPUUtilization", "Average", 300)
    assert metric.dimensions == (("InstanceId", WEB_1),)
    assert event.previous is AlarmState.OK


def test_a_band_has_two_edges_and_no_threshold() -> None:
    compared = read("eventbridge-anomaly").comparison
    assert compared is not None
    assert (compared.value, compared.threshold, compared.low, compared.high) == (91.6, None, 7.8, 25.7)


@pytest.mark.parametrize("name", ["eventbridge-composite", "sns-raw-composite", "lambda-composite"])
def test_a_composite_alarm_names_the_alarms_behind_it(name: str) -> None:
    event = read(name)
    assert (event.causes, event.metrics, event.comparison) == (("web-1-cpu",), (), None)


def test_a_contributor_says_what_it_is_and_has_no_previous_state() -> None:
    event = read("eventbridge-contributor")
    assert (event.contributor, event.causes) == ("6d442278dba546f6", (f"InstanceId={WEB_1}",))
    assert event.previous is None


def test_a_mute_rule_shows() -> None:
    assert read("eventbridge-muted").muted
    assert not read("eventbridge-metric").muted


def test_N6_another_account_another_source_and_another_topic_are_refused() -> None:
    assert reason(changed("eventbridge-metric", account="210987654321")) == "wrong_account"
    assert reason(SAMPLES["eventbridge-metric"].replace(ACCOUNT, "210987654321", 2)) == "wrong_account"
    assert reason(changed("eventbridge-metric", source="my.app")) == "wrong_source"
    assert reason(changed("lambda-metric", source="my.app")) == "wrong_source"
    assert reason(changed("sns-raw-metric", AWSAccountId="210987654321")) == "wrong_account"
    for arn in ("arn:aws:sns:us-east-1:210987654321:alarms", "alarms", None, 7):
        assert reason(changed("sns-enveloped-metric", TopicArn=arn)) == "wrong_topic"
    ours = "arn:aws:sns:us-east-1:123456789012:other"
    assert reason(SAMPLES["sns-enveloped-metric"], topics=[ours]) == "wrong_topic"


def test_N6_what_is_no_alarm_is_refused() -> None:
    assert reason(SAMPLES["eventbridge-metric"] + " " * MAX_BYTES) == "too_large"
    assert reason("x" * 200_000) == "too_large"
    for body in ("", "hello", "[]", "null", "7", '"x"', "{", "[" * 100_000, '{"Type":"Notification","Message":"hi"}'):
        assert reason(body) in {"malformed", "wrong_topic"}
    assert reason("{}") == reason(changed("eventbridge-metric", **{"detail-type": "EC2 Instance"})) == "unknown_shape"
    assert reason(changed("sns-raw-metric", NewStateValue="BURNING")) == "malformed"
    assert reason(changed("sns-raw-metric", StateChangeTime="yesterday")) == "malformed"
    assert reason(changed("sns-raw-metric", AlarmName="another")) == "malformed"
    assert reason(changed("sns-raw-metric", AlarmArn="arn:aws:iam::123456789012:role/x")) == "malformed"


KEYS = st.sampled_from(["Type", "Message", "detail-type", "detail", "source", "alarmData", "NewStateValue", "Trigger"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=9), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_N6_whatever_a_part_of_an_event_is_replaced_by_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = json.loads(SAMPLES[name])
    place = content
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    with suppress(InvalidAlarmError):
        assert len(parse(json.dumps(content), ACCOUNT).identity) < 1_000
