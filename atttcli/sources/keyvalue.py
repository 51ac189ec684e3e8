"""`name=value name="value with blanks"`: how devices and programs write pairs. Linear in the text, whatever it holds."""

from __future__ import annotations

import re

LOOKED_AT = 32_768  # characters of a message that are looked at; the rest stays in `raw`
_NAME = r"(?<![\w.\-])([A-Za-z_][\w.\-]{0,63}+)"
_QUOTED = r"\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\""
_VALUE = rf"(?:{_QUOTED}|([^\s\",;]*))"
_EQUALS = re.compile(_NAME + rf"=(?:{_QUOTED}|([^\s\"]*))")
_COLON = re.compile(_NAME + r": ?" + _VALUE)

_CLOCK = re.compile(
    r"\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?"  # what is quoted stays; an unclosed quotation reaches to the end, so that this is linear
    r"|=(\d{4}-\d\d-\d\d|\d{1,2}[/-]\d{1,2}[/-]\d{4}) "
    r"(\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[+-]\d\d:?\d\d)?)(?=[\s,;|]|\Z)",
    re.DOTALL,
)


def dated_pairs(text: str, sign: str = "=") -> dict[str, str]:
    """As `pairs`, for logs of applications: a day and the clock after it are one value without quotation marks."""
    return pairs(_CLOCK.sub(_quoted, text[:LOOKED_AT]) if sign == "=" else text, sign)


def _quoted(found: re.Match[str]) -> str:
    return f'="{found[1]} {found[2]}"' if found[1] else found[0]


def pairs(text: str, sign: str = "=") -> dict[str, str]:
    """The values by their names, unquoted; `sign` is `=` or `:`."""
    found = (_EQUALS if sign == "=" else _COLON).findall(text, 0, LOOKED_AT)
    if "\\" not in text:
        return {name: quoted or bare for name, quoted, bare in found}
    return {name: quoted.replace('\\"', '"') if quoted else bare for name, quoted, bare in found}
