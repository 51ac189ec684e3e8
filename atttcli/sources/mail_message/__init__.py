"""Mail messages: `.eml` and Outlook's `.msg`. Optional libraries are imported when a file is read."""

from __future__ import annotations

from typing import Final

from atttcli.sources.mail_message.source import EML, MSG, MailSource

MAIL_SOURCES: Final[tuple[MailSource, ...]] = (EML, MSG)

__all__ = ["MAIL_SOURCES", "MailSource"]
