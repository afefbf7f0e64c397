"""Reboots as tests drive them: through the card in the channel, by whoever, with EC2's one call counted."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from moto.ec2.models import ec2_backends

from bot.views import reboot as view
from bot.views import reboot_form
from playground.gateway import ACCOUNT_ID
from playground.slack.messages import Message
from tests.house import House

DENIED = "ACCESS_DENIED"


class Reboots:
    """What somebody can do about reboots in a house, and what came of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._before = {message.ts for message in house.slack.messages("C0OPS")}

    @property
    def cards(self) -> list[Message]:
        """The cards posted in the channel, oldest first, as they stand."""
        return [message for message in self._posted() if message.thread_ts is None]

    @property
    def card(self) -> Message:
        return self.cards[-1]

    @property
    def news(self) -> list[str]:
        """What was said in their threads."""
        return [message.text for message in self._posted() if message.thread_ts is not None]

    def _posted(self) -> list[Message]:
        return [message for message in self.house.slack.messages("C0OPS") if message.ts not in self._before]

    def propose(self, text: str = "web-1 it hangs", user_id: str = "U0ADA") -> Message:
        """The new card of `/ec2 reboot <text>`."""
        before = len(self.cards)
        self.house.type(f"reboot {text}", user_id)
        self.house.work()
        assert len(self.cards) == before + 1, [message.text for message in self.house.said(user_id)]
        return self.card

    def press(
        self, action_id: str, user_id: str = "U0ADA", card: Message | None = None, value: str | None = None
    ) -> str:
        """Somebody presses a button of the card as it stood; the text that they alone are then told, if any."""
        self.send(action_id, user_id, card, value)
        before = len(self.house.said(user_id))
        self.house.work()
        return " ".join(message.text for message in self.house.said(user_id)[before:])

    def send(
        self, action_id: str, user_id: str = "U0ADA", card: Message | None = None, value: str | None = None
    ) -> None:
        """The same, queued and not yet worked on."""
        card = card or self.card
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value or handle(card)}
        sending = self.house.slack.click(user_id, card.channel_id, card.ts, action)
        assert sending is not None
        sending.join()

    def confirm(self, user_id: str = "U0ADA", card: Message | None = None) -> str:
        return self.press(view.CONFIRM, user_id, card)

    def cancel(self, user_id: str = "U0ADA", card: Message | None = None) -> str:
        return self.press(view.CANCEL, user_id, card)

    def type_name(self, name: str, reason: str = "it hangs", user_id: str = "U0ADA") -> str:
        """Fill the form in the open modal and submit it; what the modal then shows."""
        modal = self.house.modal(user_id)
        values = {
            block: {reboot_form.TYPED: {"type": "plain_text_input", "value": text}}
            for block, text in ((reboot_form.NAME, name), (reboot_form.REASON, reason))
        }
        sending = self.house.slack.submit(user_id, modal.view_id, values)
        assert sending is not None
        sending.join()
        self.house.work()
        return json.dumps(self.house.modal(user_id).definition, ensure_ascii=False)

    @property
    def calls(self) -> int:
        """How often RebootInstances reached EC2, DryRuns not counted."""
        return len([call for call in self.house.aws.calls if call.action == "RebootInstances" and not call.dry_run])

    def rows(self, action: str = "REBOOT_INSTANCE") -> list[dict[str, Any]]:
        return [row for row in self.house.rows() if row["action"] == action]

    @property
    def outcomes(self) -> list[str]:
        return [row["outcome"] for row in self.rows()]

    def stored(self, prefix: str = "action#") -> list[dict[str, Any]]:
        """The rows of the state table whose key begins so."""
        read = TypeDeserializer().deserialize
        pages = self.house.client("dynamodb").get_paginator("scan")
        items = [
            item
            for page in pages.paginate(TableName=self.house.environment["STATE_TABLE_NAME"], ConsistentRead=True)
            for item in page["Items"]
        ]
        found = [{name: read(value) for name, value in item.items()} for item in items]
        return [item for item in found if item["pk"].startswith(prefix)]

    @property
    def phase(self) -> str:
        """Where the one proposal stands."""
        (row,) = self.stored()
        return str(row["phase"])

    def alter(self, pk: str = "", /, **changes: Any) -> None:
        """Somebody who can write the state table changes a proposal's row, or the only one, behind our back."""
        (row,) = self.stored(pk or "action#")
        names = {f"#{number}": name for number, name in enumerate(changes)}
        self.house.client("dynamodb").update_item(
            TableName=self.house.environment["STATE_TABLE_NAME"],
            Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}},
            UpdateExpression="SET " + ", ".join(f"#{number} = :{number}" for number in range(len(changes))),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{number}": value for number, value in enumerate(changes.values())},
        )


def handle(card: Message) -> str:
    """What the card's buttons carry."""
    return next(
        str(element["value"]) for block in card.blocks for element in block.get("elements", []) if "value" in element
    )


def labels(card: Message) -> list[str]:
    return [
        element["text"]["text"] for block in card.blocks if block["type"] == "actions" for element in block["elements"]
    ]


def instance_id(house: House, name: str) -> str:
    described = house.client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return str(described["Reservations"][0]["Instances"][0]["InstanceId"])


@contextmanager
def tagged(house: House, name: str, **tags: str) -> Iterator[None]:
    """The instance with other tags, `protection` and `managed` being ours, for a while."""
    identifier, ec2 = instance_id(house, name), house.client("ec2")
    wanted = {f"chatops:{key}" if key in ("protection", "managed") else key: value for key, value in tags.items()}
    described = ec2.describe_instances(InstanceIds=[identifier])["Reservations"][0]["Instances"][0]["Tags"]
    before = {tag["Key"]: tag["Value"] for tag in described}
    ec2.create_tags(Resources=[identifier], Tags=[{"Key": key, "Value": value} for key, value in wanted.items()])
    try:
        yield
    finally:
        restored = [{"Key": key, "Value": before.get(key, "")} for key in wanted]
        ec2.create_tags(Resources=[identifier], Tags=restored)


@contextmanager
def in_state(house: House, name: str, state: str, code: int) -> Iterator[None]:
    """The instance in another state, as moto has it."""
    backend: Any = ec2_backends[ACCOUNT_ID][house.environment["AWS_REGION"]]
    instance = backend.get_instance(instance_id(house, name))
    before = (instance._state.name, instance._state.code)
    instance._state.name, instance._state.code = state, code
    try:
        yield
    finally:
        instance._state.name, instance._state.code = before


@contextmanager
def person_is(house: House, username: str, /, **changes: Any) -> Iterator[None]:
    """A Cognito user with another `role` or `email`, or disabled, for a while."""
    cognito, pool = house.client("cognito-idp"), house.environment["COGNITO_USER_POOL_ID"]
    before = cognito.admin_get_user(UserPoolId=pool, Username=username)
    name, old = before["Username"], {item["Name"]: item["Value"] for item in before["UserAttributes"]}

    def become(values: Mapping[str, str]) -> None:
        attributes = [{"Name": key, "Value": value} for key, value in values.items()]
        cognito.admin_update_user_attributes(UserPoolId=pool, Username=name, UserAttributes=attributes)

    wanted = {"custom:role" if key == "role" else key: value for key, value in changes.items() if key != "enabled"}
    if wanted:
        become(wanted)
    if changes.get("enabled") is False:
        cognito.admin_disable_user(UserPoolId=pool, Username=name)
    try:
        yield
    finally:
        if wanted:
            become({key: old[key] for key in wanted})
        cognito.admin_enable_user(UserPoolId=pool, Username=name)
