"""SQS, Secrets Manager and what the other bots call, on this machine: each answer at once, each call counted.

Refuses to be AWS: it checks no signature and keeps no message. What it keeps real is TLS against a full CA bundle.
"""

import datetime
import ipaddress
import json
import re
import ssl
import tempfile
import threading
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from playground.lifetimes import Entered, serving

_INVOKE = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ec2-chatops benchmark")])


@dataclass(frozen=True)
class Call:
    """One request; `connection` numbers the TLS connections in the order they were opened."""

    action: str
    connection: int


class AwsStub(Entered):
    """Serves `secret` as every secret's value. `environment` is what makes a process trust and find it."""

    def __init__(self, secret: Mapping[str, str]) -> None:
        self.secret_string = json.dumps(dict(secret))
        self.calls: list[Call] = []
        self.connections = 0
        self.lock = threading.Lock()

    def _start(self, stack: ExitStack) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._bundle = str(folder / "bundle.pem")
        self.url = stack.enter_context(serving(_Server(self, _certificates(folder)))).replace("http:", "https:")

    @property
    def environment(self) -> dict[str, str]:
        """OpenSSL's default bundle is what urllib3 and the Slack SDK load; botocore has a variable of its own."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": self._bundle,
            "SSL_CERT_FILE": self._bundle,
            "SSL_CERT_DIR": str(Path(self._bundle).parent / "none"),
            "SLACK_API_URL": f"{self.url}/api/",
        }

    def actions(self) -> list[str]:
        """What was called, in order."""
        return [call.action for call in self.calls]

    def connections_for(self, action: str) -> int:
        """How many connections carried at least one such call."""
        return len({call.connection for call in self.calls if call.action == action})

    def clear(self) -> None:
        """Forget the calls; connections that are open stay open, and keep their number."""
        self.calls.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, stub: AwsStub, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends without saying goodbye is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # status, headers and body in one packet
    disable_nagle_algorithm: ClassVar[bool] = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.stub.lock:
            self.server.stub.connections += 1
            self._connection = self.server.stub.connections

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        action = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
        if not action:
            action = "Invoke" if _INVOKE.fullmatch(self.path) else self.path.rsplit("/", 1)[-1]
        with self.server.stub.lock:
            self.server.stub.calls.append(Call(action, self._connection))
        status, content = self._answer(action, body)
        payload = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, action: str, body: bytes) -> tuple[int, dict[str, Any] | None]:
        match action:
            case "SendMessage":
                digest = md5(json.loads(body)["MessageBody"].encode(), usedforsecurity=False).hexdigest()
                return 200, {"MD5OfMessageBody": digest, "MessageId": str(uuid.uuid4())}
            case "GetSecretValue":
                return 200, {"Name": "slack", "SecretString": self.server.stub.secret_string}
            case "views.open":
                return 200, {"ok": True, "view": {"id": "V0BENCHMARK"}}
            case "Invoke":
                return 202, None
            case "auth.test":
                return 200, {"ok": True, "team_id": "T0PLAYGND", "user_id": "U0EC2BOT", "bot_id": "B0EC2BOT"}
        return 400, {"__type": "UnknownOperationException"}


def _certificates(folder: Path) -> ssl.SSLContext:
    """A server context for 127.0.0.1; beside its files, `bundle.pem` is the public CAs and ours."""
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(issuer_name=_NAME, subject_name=name, public_key=key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )
        if authority:
            builder = builder.add_extension(_only_signs_certificates(), critical=True)
        else:
            address = x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        return builder.sign(authority_key, hashes.SHA256())

    authority = certificate(_NAME, authority_key, authority=True)
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    server = certificate(server_name, server_key, authority=False)
    pem = serialization.Encoding.PEM
    own = authority.public_bytes(pem).decode()
    (folder / "bundle.pem").write_text(Path(certifi.where()).read_text() + own)
    (folder / "server.pem").write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + server.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def _only_signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
