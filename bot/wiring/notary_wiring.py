"""What `handlers.notary` and `python -m bot.verify` are made of."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.notary_config import NotarySettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import now

if TYPE_CHECKING:
    from bot.services.notary import Notary
    from bot.services.sealed_rows import SealedRows
    from bot.services.seals import Seals
    from bot.services.verifier import Verifier


class NotaryWiring:
    """Built once a container, each service on first use."""

    def __init__(self, settings: NotarySettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def notary(self) -> "Notary":
        """Seals hours and watches the stream."""
        from bot.services.notary import Notary

        return Notary(self._rows, self._seals, now)

    @cached_property
    def verifier(self) -> "Verifier":
        """Holds the audit against the digests."""
        from bot.services.verifier import Verifier

        return Verifier(self._rows, self._seals, now)

    @cached_property
    def _rows(self) -> "SealedRows":
        from bot.services.sealed_rows import SealedRows

        return SealedRows(self._aws.get("dynamodb"), self._settings.audit_table_name)

    @cached_property
    def _seals(self) -> "Seals":
        from bot.services.seals import Seals

        settings = self._settings
        return Seals(self._aws.get("s3"), settings.digest_bucket_name, self._aws.get("kms"), settings.digest_key_id)
