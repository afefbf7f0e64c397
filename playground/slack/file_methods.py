"""The Web API's files.* methods: an upload begins, its bytes come by another way, and it is completed.

They refuse names of channels, channels without the bot, and files that never came.
"""

import json
import re
from typing import Any

from playground.people import BOT_USER_ID
from playground.slack.chat_methods import Args, joined_channel
from playground.slack.files import File
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

_CHANNEL_ID = re.compile(r"^[CGDZ][A-Z0-9]+$")


def begin_upload(workspace: Workspace, args: Args) -> dict[str, Any]:
    name, length = str(args.get("filename") or ""), str(args.get("length") or "")
    if not name or not length.isdigit() or int(length) == 0:
        raise RefusedError("invalid_arguments", [f"missing required field: {'length' if name else 'filename'}"])
    file = workspace.files.begin(name, int(length), str(args.get("alt_txt") or ""))
    return {
        "upload_url": f"{workspace.base_url.rstrip('/')}/upload/{file.file_id}/{file.key}",
        "file_id": file.file_id,
    }


def complete_upload(workspace: Workspace, args: Args) -> dict[str, Any]:
    """The answer comes before Slack has looked at the files; they appear in the channel when it has."""
    titles = _titles(args.get("files"))
    channel_id = str(args.get("channel_id") or args.get("channels") or "")
    if channel_id:
        if not _CHANNEL_ID.match(channel_id):
            raise RefusedError("invalid_arguments", [f"must match {_CHANNEL_ID.pattern} [json-pointer:/channel_id]"])
        joined_channel(workspace, {"channel": channel_id})
    thread_ts = args.get("thread_ts")

    def share(files: list[File]) -> None:
        if not channel_id:
            return
        ts = workspace.board.next_ts()
        for file in files:
            file.shares[channel_id] = [{"ts": ts, **({"thread_ts": thread_ts} if thread_ts else {})}]
        workspace.board.post(
            channel_id,
            BOT_USER_ID,
            str(args.get("initial_comment") or ""),
            ts=ts,
            files=[file.as_json(workspace.base_url, BOT_USER_ID) for file in files],
            thread_ts=thread_ts,
            app_id=workspace.app_id,
        )

    done = workspace.files.complete(titles, share)
    return {"files": [{"id": file.file_id, "title": file.title} for file in done]}


def file_info(workspace: Workspace, args: Args) -> dict[str, Any]:
    file = workspace.files.find(str(args.get("file") or ""))
    if file is None or not file.completed:
        raise RefusedError("file_not_found")
    return {"file": file.as_json(workspace.base_url, BOT_USER_ID)}


def _titles(given: Any) -> list[tuple[str, str]]:
    try:
        listed = json.loads(given) if isinstance(given, str) else given
        return [(str(entry["id"]), str(entry.get("title") or "")) for entry in listed]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RefusedError("invalid_arguments", ["missing required field: files"]) from None
