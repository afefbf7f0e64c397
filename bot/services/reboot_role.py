"""EC2 as one person, for one action, on one instance: the only credentials of the product that can reboot anything.

They are those of an assumed role whose session is named by the action, carries the person as its SourceIdentity and is
narrowed to one ARN, so that CloudTrail names the human and nothing else can be touched by mistake.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.reboot_errors import RebootRefusedError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_sts import STSClient

SESSION_SECONDS = 900  # the shortest that STS gives
_NOT_IN_NAMES = re.compile(r"[^\w+=,.@-]", re.ASCII)

Connect = Callable[[str, dict[str, str]], "EC2Client"]


class RebootRole:
    """`connect` makes the EC2 client of a region from credentials; it must send each call once only."""

    def __init__(self, sts: "STSClient", role_arn: str, connect: Connect) -> None:
        self._sts = sts
        self._role_arn = role_arn
        self._connect = connect

    def client(self, region: str, instance_id: str, session_name: str, user_id: str) -> "EC2Client":
        """EC2 with that one right. Raises RebootRefusedError."""
        _, partition, _, _, account, *_ = self._role_arn.split(":")
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "ec2:RebootInstances",
                    "Resource": f"arn:{partition}:ec2:{region}:{account}:instance/{instance_id}",
                }
            ],
        }
        try:
            answer: Any = self._sts.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=_name(session_name),
                SourceIdentity=_name(user_id),
                Policy=json.dumps(policy),
                DurationSeconds=SESSION_SECONDS,
            )
        except (ClientError, BotoCoreError) as error:
            raise RebootRefusedError(code_of(error)) from None
        given = answer["Credentials"]
        return self._connect(
            region,
            {
                "aws_access_key_id": given["AccessKeyId"],
                "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"],
            },
        )


def _name(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text)[:64]
