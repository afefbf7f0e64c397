"""Where the digests are: an S3 bucket that lets nobody change or delete (Object Lock), signed by a KMS key.

It writes an object once and never over another. What it is told is wrong it keeps beside the digests.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.digests import Digest, Leaf, Sealed
from bot.errors import AuditUnavailableError
from bot.tampering import Finding, Kind

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

DIGESTS, FINDINGS = "digests/", "findings/"
ALGORITHM: Literal["ECDSA_SHA_256"] = "ECDSA_SHA_256"
MAX_FINDINGS = 200
_DIGEST_KEY = re.compile(r"digests/(\d{4}-\d{2}-\d{2}T\d{2})\.json", re.ASCII)


class Seals:
    """The digests; `key_id` names the KMS key they are signed with."""

    def __init__(self, s3: "S3Client", bucket: str, kms: "KMSClient", key_id: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._kms = kms
        self._key_id = key_id

    def hours(self) -> Iterator[str]:
        """The hours that have a digest, oldest first; whatever else is there is none. Raises AuditUnavailableError."""
        keys = self._keys(DIGESTS, DIGESTS, None)
        return (found[1] for key in keys if (found := _DIGEST_KEY.fullmatch(key)))

    def load(self, hour: str) -> Sealed | None:
        """The digest of an hour, not yet checked; None where there is none.

        Raises ValueError for one that cannot be read, AuditUnavailableError.
        """
        stored = self._read(f"{DIGESTS}{hour}.json")
        return Sealed.from_json(stored) if stored is not None else None

    def seal(self, digest: Digest, leaves: tuple[Leaf, ...]) -> Sealed | None:
        """Sign and store; None where the hour has a digest already. Raises AuditUnavailableError."""
        message = hashlib.sha256(digest.signed).digest()
        signature: bytes = self._ask(
            lambda: self._kms.sign(
                KeyId=self._key_id, Message=message, MessageType="DIGEST", SigningAlgorithm=ALGORITHM
            )
        )["Signature"]
        sealed = Sealed(digest, signature, leaves)
        return sealed if self._write(f"{DIGESTS}{digest.hour}.json", sealed.to_json()) else None

    def is_genuine(self, sealed: Sealed) -> bool:
        """Whether our key has signed this digest. Raises AuditUnavailableError."""
        message = hashlib.sha256(sealed.digest.signed).digest()
        try:
            answer = self._kms.verify(
                KeyId=self._key_id,
                Message=message,
                MessageType="DIGEST",
                Signature=sealed.signature,
                SigningAlgorithm=ALGORITHM,
            )
        except self._kms.exceptions.KMSInvalidSignatureException:
            return False
        except (ClientError, BotoCoreError) as error:
            raise AuditUnavailableError(code_of(error)) from None
        return answer["SignatureValid"]

    def note(self, finding: Finding, event_id: str) -> None:
        """Keep what was seen in the stream; the same event twice is one object. Raises AuditUnavailableError."""
        self._write(f"{FINDINGS}{finding.hour}/{event_id}.json", json.dumps(finding.to_dict()).encode())

    def noted(self, first: str) -> list[Finding]:
        """At most 200 things seen in the stream in rows from the hour `first` on, those of hours to come included.

        Raises AuditUnavailableError.
        """
        keys = self._keys(FINDINGS, f"{FINDINGS}{first}", MAX_FINDINGS)
        return [found for key in keys if (stored := self._read(key)) and (found := _finding(stored))]

    def _keys(self, prefix: str, after: str, limit: int | None) -> Iterator[str]:
        asked: Any = {"Bucket": self._bucket, "Prefix": prefix, "StartAfter": after}
        if limit:
            asked["MaxKeys"] = limit
        while True:
            answer = self._ask(lambda: self._s3.list_objects_v2(**asked))
            yield from (entry["Key"] for entry in answer.get("Contents", []))
            if limit or not answer.get("IsTruncated"):
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def _read(self, key: str) -> bytes | None:
        try:
            stored: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        except (ClientError, BotoCoreError) as error:
            raise AuditUnavailableError(code_of(error)) from None
        return stored

    def _write(self, key: str, content: bytes) -> bool:
        """False where the key is taken."""
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType="application/json", IfNoneMatch="*"
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == "PreconditionFailed":
                return False
            raise AuditUnavailableError(code_of(error)) from None
        return True

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise AuditUnavailableError(code_of(error)) from None


def _finding(stored: bytes) -> Finding | None:
    try:
        content = json.loads(stored)
        return Finding(**{**content, "kind": Kind(content["kind"])})
    except (ValueError, TypeError, KeyError):
        return None
