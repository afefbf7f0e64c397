"""Rows of the audit as CSV that no spreadsheet takes for formulas.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields

from bot.audit_rows import AuditRow
from bot.models import Message
from bot.views.text import counted, section

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # as some spreadsheets read the wide ones too


def text(rows: Sequence[AuditRow]) -> str:
    """All columns, each cell quoted; what could begin a formula has an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    columns = [field.name for field in fields(AuditRow)]
    writer.writerow(columns)
    for row in rows:
        values = [getattr(row, column) for column in columns]
        writer.writerow([cell(value if isinstance(value, str) else _json(value)) for value in values])
    return written.getvalue()


def cell(value: str) -> str:
    """One cell's text; a leading blank or line break does not hide a formula."""
    plain = value.replace("\x00", "")
    return f"'{plain}" if plain.lstrip(" \n\r\t").startswith(_FORMULA) or plain[:1] in ("\t", "\r") else plain


def sent(count: int, cut: bool) -> Message:
    """What the person is told who asked for it."""
    limit = " These are the newest; narrow it with `since:` and `until:` for the rest." if cut else ""
    words = f"The export has {counted(count, 'row')} and is in your direct messages with EC2 Ops.{limit}"
    return Message(words, [section(words)])


def _json(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
