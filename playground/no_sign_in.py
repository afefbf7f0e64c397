"""The address that `/ec2 login` leads to from `make dev`, which has no sign-in page: it says so, and what to do.

It refuses to sign anybody in: who is let in is said when `make dev` is started.
"""

from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playground.lifetimes import Entered, serving

_PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>No sign-in here</title></head>
<body style="max-width: 36rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif">
<h1>Nobody signs in here.</h1>
<p>This is EC2 Ops on a developer&rsquo;s machine, and its accounts are made when it starts. Nothing was linked.</p>
<p>Stop it there, and let yourself in: <code>make dev LINK=&lt;your Slack member id&gt;=admin</code>.</p>
</body></html>
"""


class NoSignIn(Entered):
    """Serves from entering to leaving; `url` is where, on this machine alone."""

    def _start(self, stack: ExitStack) -> None:
        self.url = stack.enter_context(serving(ThreadingHTTPServer(("127.0.0.1", 0), _Handler)))


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
