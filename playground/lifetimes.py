"""What starts and stops: for as long as it is entered, or in a thread of its own.

It refuses to leave anything half started: what a start had begun is undone when it fails.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import HTTPServer
from types import TracebackType
from typing import Self


class Entered(ABC):
    """Starts on entering, stops on leaving."""

    _entered: ExitStack

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._entered = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.close()

    @abstractmethod
    def _start(self, stack: ExitStack) -> None:
        """Put into `stack` what leaving is to undo."""


class Running(ABC):
    """Runs in a thread of its own from start to stop, until `_stopping` is set."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        return self

    def stop(self, seconds: float = 5.0) -> None:
        """Waits up to `seconds` for what is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(seconds)
            self._thread = None

    @abstractmethod
    def _run(self) -> None: ...


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Where the server answers on this machine, for as long as it is entered; its handler's threads are its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="serving", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
