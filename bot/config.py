"""The settings that most functions share: where records are kept, and who the people are."""

from dataclasses import dataclass

from bot.environment import FunctionSettings, number, pool_id, text
from bot.settings import (
    AUDIT_RETENTION_DAYS,
    AUDIT_TABLE_NAME,
    COGNITO_USER_POOL_ID,
    STATE_TABLE_NAME,
)


@dataclass(frozen=True)
class TableSettings(FunctionSettings):
    """What is needed to keep state and to write the audit."""

    audit_table_name: str = text(AUDIT_TABLE_NAME)
    audit_retention_days: int = text(AUDIT_RETENTION_DAYS, number)
    state_table_name: str = text(STATE_TABLE_NAME)


@dataclass(frozen=True)
class PoolSettings(FunctionSettings):
    """What is needed to look people up."""

    cognito_user_pool_id: str = text(COGNITO_USER_POOL_ID, pool_id)
