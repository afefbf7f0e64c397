"""A thousand alarms in a minute, two workers in processes of their own, and a Slack that limits as Slack does."""

import json
import re
import time
from itertools import pairwise

import pytest

from playground.functions import Function
from playground.mapping import EventSourceMapping
from tests.alarm_samples import change
from tests.house import ALARMS, House

STORM = 1_000
AT_ONCE = 50  # more than the workers take at a time; the local queue slows down with its length
SECONDS = 300  # a busy machine takes its time; an idle one needs half a minute


@pytest.mark.parametrize("at_once", [AT_ONCE, pytest.param(STORM, marks=pytest.mark.stress)])
def test_Z6_a_thousand_alarms_are_a_thousand_rows_one_burst_and_no_message_too_many(house: House, at_once: int) -> None:
    sqs, queue = house.client("sqs"), house.environment["ALARMS_QUEUE_URL"]
    began = time.time() - 60
    events = [change(f"storm-{number:04d}", "ALARM", began + number * 0.05) for number in range(STORM)]
    batches = [events[start : start + 10] for start in range(0, STORM, 10)]
    house.slack.limit_rates(True)
    function = house.function(ALARMS)
    try:
        with Function(function, lambda line: None) as one, Function(function, lambda line: None) as two:
            workers = [EventSourceMapping.for_function(function, worker.invoke).start() for worker in (one, two)]
            deadline = time.monotonic() + SECONDS
            while (waiting := house.alarms_waiting()) or batches:
                assert time.monotonic() < deadline, f"{waiting} still wait"
                while batches and waiting < at_once:
                    entries = [
                        {"Id": str(number), "MessageBody": json.dumps(event)}
                        for number, event in enumerate(batches.pop(0))
                    ]
                    sqs.send_message_batch(QueueUrl=queue, Entries=entries)
                    waiting += len(entries)
                time.sleep(0.2)
            for worker in workers:
                worker.stop()
    finally:
        house.slack.limit_rates(False)

    rows = house.rows()
    assert len({row["auditId"] for row in rows}) == len(rows) == STORM
    assert {row["details"]["effect"] for row in rows} == {"opened"}
    posts = sorted(house.posts(), key=lambda message: float(message.ts))
    gaps = [float(after.ts) - float(before.ts) for before, after in pairwise(posts)]
    assert min(gaps) >= 1.0
    calls = [method for method, _ in house.slack.api_calls]
    assert calls.count("chat.postMessage") == len(posts), "Slack had to refuse nothing"
    named = {name for post in posts for name in re.findall(r"storm-[0-9]{4}", repr(post.blocks))}
    assert len(named) == STORM, "each alarm is named in the channel or in the thread of the burst"
    burst = next(card for card in house.cards() if "Many alarms at once" in repr(card.blocks))
    alone = len(house.cards()) - 1
    assert alone == 5
    assert f"*{STORM - alone}* of {STORM - alone} alarms firing" in repr(burst.blocks)
    dead = sqs.get_queue_attributes(
        QueueUrl=house.provisioned.names["DeadAlarmsQueue"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert dead["Attributes"]["ApproximateNumberOfMessages"] == "0"
