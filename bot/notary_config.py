"""What the notary is told, as `bot.config` does it for the other functions.

It refuses to start half-configured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.settings import AUDIT_TABLE_NAME, AWS_ENDPOINT_URL, DIGEST_BUCKET_NAME, DIGEST_KEY_ID, Reader


@dataclass(frozen=True)
class NotarySettings:
    """What `handlers.notary` and `python -m bot.verify` use."""

    region: str
    endpoint_url: str | None
    audit_table_name: str
    digest_bucket_name: str
    digest_key_id: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "NotarySettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            audit_table_name=read.text(AUDIT_TABLE_NAME),
            digest_bucket_name=read.text(DIGEST_BUCKET_NAME),
            digest_key_id=read.text(DIGEST_KEY_ID),
        )
        read.finish()
        return settings
