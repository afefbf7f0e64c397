"""The files of the workspace: uploaded in three steps, and usable only some time after the last one.

It refuses to show a file before Slack has looked at it, and to complete an upload that never came.
"""

import mimetypes
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.slack.block_rules import problem
from playground.slack.refusal import RefusedError

SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif")


@dataclass
class File:
    """One file; `mimetype` and `shares` are empty until it is ready."""

    file_id: str
    name: str
    size: int
    alt_text: str
    key: str
    created: int
    title: str = ""
    content: bytes | None = None
    completed: bool = False
    mimetype: str = ""
    shares: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_image(self) -> bool:
        return self.mimetype in SHOWN_TYPES

    def as_json(self, base_url: str, user_id: str) -> dict[str, Any]:
        """https://docs.slack.dev/reference/objects/file-object"""
        address = f"{base_url.rstrip('/')}/files/{self.file_id}/{self.key}"
        return {
            "id": self.file_id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2] if self.mimetype else "",
            "user": user_id,
            "size": self.size,
            "mode": "hosted",
            "is_public": bool(self.shares),
            "alt_txt": self.alt_text,
            "url_private": address,
            "url_private_download": address,
            "permalink": address,
            "channels": list(self.shares),
            "shares": {"public": self.shares} if self.shares else {},
        }


class Files:
    """All files of one workspace; safe to use from many threads. `delay` is how long Slack takes over one."""

    def __init__(self, clock: Callable[[], float], delay: float) -> None:
        self.delay = delay
        self._clock = clock
        self._lock = threading.RLock()
        self._files: dict[str, File] = {}
        self._pending: list[Callable[[], None]] = []

    def begin(self, name: str, size: int, alt_text: str) -> File:
        file = File("F0" + secrets.token_hex(5).upper(), name, size, alt_text, secrets.token_hex(8), int(self._clock()))
        with self._lock:
            self._files[file.file_id] = file
        return file

    def receive(self, file_id: str, key: str, content: bytes) -> None:
        file = self.find(file_id)
        if file is None or file.key != key or file.completed:
            raise RefusedError("file_not_found")
        if len(content) != file.size:
            raise RefusedError("file_upload_size_mismatch")
        file.content = content

    def complete(self, titles: Sequence[tuple[str, str]], share: Callable[[list[File]], None]) -> list[File]:
        """Answers at once; the files get their type and `share` happens when the delay is over."""
        with self._lock:
            files = [self._files.get(file_id) for file_id, _ in titles]
            if not files or any(file is None or file.content is None or file.completed for file in files):
                raise RefusedError("file_not_found")
            ready = [file for file in files if file is not None]
            for file, (_, title) in zip(ready, titles, strict=True):
                file.title, file.completed = title, True

        def settle() -> None:
            for file in ready:
                file.mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            share(ready)

        self._later(settle)
        return ready

    def finish(self) -> None:
        """What is still being looked at is ready now, whatever the delay."""
        with self._lock:
            pending, self._pending = self._pending, []
        for settle in pending:
            settle()

    def find(self, file_id: str) -> File | None:
        with self._lock:
            return self._files.get(file_id)

    def problems(self, blocks: Sequence[Mapping[str, Any]], path: str = "/blocks") -> list[str]:
        """Images of files that aren't there, aren't ready or aren't images."""
        return [
            problem("invalid slack file", f"{where}/slack_file")
            for where, source in _slack_files(blocks, path)
            if not self._shows(source)
        ]

    def _shows(self, source: Mapping[str, Any]) -> bool:
        with self._lock:
            found = [file for file in self._files.values() if _meant(file, source)]
        return any(file.is_image for file in found)

    def _later(self, settle: Callable[[], None]) -> None:
        if self.delay <= 0:
            settle()
            return
        with self._lock:
            self._pending.append(settle)

        def due() -> None:
            with self._lock:
                if settle not in self._pending:
                    return
                self._pending.remove(settle)
            settle()

        timer = threading.Timer(self.delay, due)
        timer.daemon = True
        timer.start()


def _meant(file: File, source: Mapping[str, Any]) -> bool:
    return file.file_id == source.get("id") or f"/files/{file.file_id}/{file.key}" in str(source.get("url", ""))


def _slack_files(blocks: Sequence[Mapping[str, Any]], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, block in enumerate(blocks):
        places = [("", block), ("/accessory", block.get("accessory"))]
        places += [(f"/elements/{at}", element) for at, element in enumerate(block.get("elements") or [])]
        for name, place in places:
            if isinstance(place, dict) and place.get("type") == "image" and "slack_file" in place:
                yield f"{path}/{index}{name}", place["slack_file"]
