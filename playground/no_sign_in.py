"""The address that `/ec2 login` leads to from `make dev`, which has no sign-in page: it says so, and what to do.

It refuses to sign anybody in: who is let in is said when `make dev` is started.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>No sign-in here</title></head>
<body style="max-width: 36rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif">
<h1>Nobody signs in here.</h1>
<p>This is EC2 Ops on a developer&rsquo;s machine, and its accounts are made when it starts. Nothing was linked.</p>
<p>Stop it there, and let yourself in: <code>make dev LINK=&lt;your Slack member id&gt;=admin</code>.</p>
</body></html>
"""


class NoSignIn:
    """Serves from entering to leaving; `url` is where, on this machine alone."""

    def __enter__(self) -> "NoSignIn":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="no sign-in", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:
        pass
