"""HTTP connections that outlive a request, by the standard library alone: what the front door speaks to AWS and Slack.

It refuses to wait: a post that hangs is given up after 1.5 s, one that fails sooner is tried once more. So the few
posts of one request end within the 3 s that Slack waits for an acknowledgement.
"""

import http.client
import select
import ssl
import time
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS = 0.5
READ_SECONDS = 1.0
FAILURES = (OSError, http.client.HTTPException)


class KeptConnections:
    """One connection to each host, and one set of trusted certificates for all of them."""

    def __init__(self) -> None:
        self._kept: dict[str, http.client.HTTPConnection] = {}

    def __del__(self) -> None:
        for connection in self._kept.values():
            connection.close()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; raises one of FAILURES.

        It may have been carried out twice, or once without our learning of it: post only what bears that.
        """
        parts = urlsplit(url)
        started = time.monotonic()
        try:
            return self._attempt(parts, headers, body)
        except FAILURES:
            if time.monotonic() - started > CONNECT_SECONDS:
                raise
            return self._attempt(parts, headers, body)

    def _attempt(self, to: SplitResult, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        connection = self._connected(to)
        try:
            connection.request("POST", to.path or "/", body, dict(headers))
            response = connection.getresponse()
            received = response.read()
        except BaseException:
            connection.close()
            raise
        self._kept[to.netloc] = connection
        return response.status, received

    def _connected(self, to: SplitResult) -> http.client.HTTPConnection:
        kept = self._kept.pop(to.netloc, None)
        # What is readable before we have asked is a farewell, said while the container was frozen.
        if kept is not None and kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
            return kept
        if kept is not None:
            kept.close()
        connection = (
            http.client.HTTPSConnection(to.netloc, timeout=CONNECT_SECONDS, context=self._tls)
            if to.scheme == "https"
            else http.client.HTTPConnection(to.netloc, timeout=CONNECT_SECONDS)
        )
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Kept, because it has read the whole CA bundle."""
        return ssl.create_default_context()
