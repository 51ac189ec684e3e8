"""What people read, through gettext. English is the message id; `vi` is compiled from `locale/vi/*.po`. Python 3.8-clean.

`_` marks and translates; call it at the time of showing, never at import. The law's wording does not come from here but
from the profile.
"""

from __future__ import annotations

import gettext
import locale
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

LANGUAGES = ("vi", "en")
CATALOGUE = "atttcli"
LOCALE = Path(__file__).resolve().parent.parent / "locale"
_current: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def use_language(language: str) -> None:
    """Switch what `_` gives; unknown languages fall back to English."""
    global _current, _language
    _language = language if language in LANGUAGES else "en"
    if _language == "en":
        _current = gettext.NullTranslations()
    else:
        _current = gettext.translation(CATALOGUE, str(LOCALE), [_language], fallback=True)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Another language for a while: words in `--json` are always English, whatever the reader speaks."""
    before = _language
    use_language(language)
    try:
        yield
    finally:
        use_language(before)


def language() -> str:
    """The language in use: `vi` or `en`."""
    return _language


def preferred_language(asked: Optional[str], workspace: Optional[str]) -> str:
    """`--lang`, then the workspace's language, then the locale."""
    for choice in (asked, workspace):
        if choice in LANGUAGES:
            return str(choice)
    environment = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    if not environment and os.name == "nt":
        environment = locale.getlocale()[0] or ""
    return "vi" if environment.lower().startswith(("vi", "vietnam")) else "en"


def catalogue_folder(said: str) -> Path:
    """Where the compiled catalogues of a language stand."""
    return LOCALE / said / "LC_MESSAGES"


def translated(text: str) -> str:
    """A text that has an entry of its own, told; any other as it is."""
    return _current.gettext(text) if text else ""


def _(message: str, **values: object) -> str:
    """Translate, then fill `{name}` fields."""
    text = _current.gettext(message) if message else ""  # gettext answers "" with the catalogue's header
    return text.format(**values) if values else text


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Translate by number; `{count}` is filled."""
    return _current.ngettext(one, many, count).format(count=count, **values)
