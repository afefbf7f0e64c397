"""The settings of what seals the audit and of what verifies it."""

from dataclasses import dataclass

from bot.environment import FunctionSettings, text
from bot.settings import AUDIT_TABLE_NAME, DIGEST_BUCKET_NAME, DIGEST_KEY_ID


@dataclass(frozen=True)
class NotarySettings(FunctionSettings):
    """What `handlers.notary` and `python -m bot.verify` use."""

    audit_table_name: str = text(AUDIT_TABLE_NAME)
    digest_bucket_name: str = text(DIGEST_BUCKET_NAME)
    digest_key_id: str = text(DIGEST_KEY_ID)
