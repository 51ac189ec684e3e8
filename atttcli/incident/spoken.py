"""Answers as an officer types them with a receiver in the other hand: `k`, `ko`, `1-2`, `khoảng 500`, `8h30 hôm qua`. Pure.

On the telephone `8h` is a time of day; `text.moments`, for what is due, reads a span: 8 hours.
"""

from __future__ import annotations

import re
from datetime import timedelta

from atttcli.clock import DAY, HOUR, MINUTE, VIETNAM, from_micros, parse_moment, to_micros
from atttcli.errors import UsageError
from atttcli.incident.assigning import yes
from atttcli.text.fold import fold

NOT_KNOWN = frozenset(
    {
        "", "?", "??", "unknown", "not known", "khong ro", "khong biet", "khong nho", "khong chac", "chua ro", "chua biet",
        "ko ro", "ko biet", "k ro", "k biet", "kr", "kb", "khong ro lam", "hong ro", "hong biet",
    }
)  # fmt: skip
_YES = frozenset(
    {
        "co roi", "roi", "da", "da roi", "dung", "dung roi", "vang", "u", "uh", "ok", "con", "van con", "con bat", "dang bat",
        "da rut", "rut roi", "co cam", "co nhe",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "ko", "kh", "hong", "hok", "khong co", "ko co", "k co", "chua", "chua co", "chua rut", "chua cam", "tat", "da tat",
        "tat roi", "khong con", "ko con", "het",
    }
)  # fmt: skip
_NUMBERS = {
    word: value
    for value, word in enumerate(("khong", "mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"))
}
_THOUSANDS = re.compile(r"(?<=[0-9])[. ](?=[0-9]{3}(?![0-9]))")
_COUNT = re.compile(
    r"(?:(?:khoang|tam|chung|co|hon|gan|tat ca|~|>)\s*)?([0-9]{1,9})(?:\s*(?:-|den|hoac|toi)\s*([0-9]{1,9}))?"
    r"(?:\s*(?:may|cai|chiec|nguoi|bo|machines?|people))?(?:\s*(?:tinh|tram|chu))?"
)
_CLOCK = re.compile(
    r"(?:(sang|trua|chieu|toi|dem)\s+)?(?:luc\s+)?([0-9]{1,2})\s*(?:h|g|gio|:)\s*([0-9]{1,2})?(?:\s*(?:phut|p))?"
    r"(?:\s+(ruoi))?(?:\s+(sang|trua|chieu|toi|dem))?(?:(?:\s*,\s*|\s+)(?:ngay\s+)?"
    r"(nay|hom nay|qua|hom qua|hom kia|[0-9]{1,2}/[0-9]{1,2}))?"
)
_AGO = re.compile(r"(?:cach day |khoang )?([0-9]{1,3}) ?(phut|p|gio|tieng|h|ngay|hom)(?: (?:truoc|roi|nay))?")
_UNITS = {"phut": MINUTE, "p": MINUTE, "gio": HOUR, "tieng": HOUR, "h": HOUR, "ngay": DAY, "hom": DAY}
_NOW = frozenset({"bay gio", "vua xong", "vua moi", "moi day", "ngay bay gio", "now"})
_BACK = {"": 0, "nay": 0, "hom nay": 0, "qua": 1, "hom qua": 1, "hom kia": 2}
_TIME_HINT = "as 23/11/2026 08:30, 8h30, 8h30 hôm qua, 2 giờ trước; or ? when not known"
_SLACK = 5 * MINUTE


def said_yes(name: str, text: str) -> str:
    """`yes`, `no` or `unknown`; UsageError when it is neither."""
    word = fold(text).strip(" .,!")
    if word in NOT_KNOWN:
        return "unknown"
    if word in _YES or word in _NO:
        return "yes" if word in _YES else "no"
    return yes(name, word)


def said_number(text: str) -> str:
    """Digits. Of a range (`1-2`) the greater: an estimate that proves too high harms less. UsageError."""
    word = _THOUSANDS.sub("", fold(text)).strip(" .,")
    if word in _NUMBERS:
        return str(_NUMBERS[word])
    found = _COUNT.fullmatch(word)
    if found is None or not word.isascii():
        raise UsageError(f"not a number: {text[:40]!r}", hint="digits, or ? when not known")
    return str(max(int(number) for number in found.groups() if number))


def said_moment(text: str, now: int) -> int:
    """Microseconds UTC. `now` 0: only whole dates are read; otherwise what lies ahead of it is no answer. UsageError."""
    try:
        moment = parse_moment(text)
    except (ValueError, OverflowError):
        found = _spoken(fold(text).strip(" .,"), now) if now else None
        if found is None:
            raise UsageError(f"not a time: {text[:40]!r}", hint=_TIME_HINT) from None
        moment = found
    if now and moment > now + _SLACK:
        raise UsageError(f"that time is still to come: {text[:40]!r}", hint=_TIME_HINT)
    return moment


def _spoken(word: str, now: int) -> int | None:
    if word in _NOW:
        return now
    ago = _AGO.fullmatch(word)
    if ago is not None and (word.endswith(("truoc", "roi", "nay")) or word.startswith("cach day")):
        return now - int(ago[1]) * _UNITS[ago[2]]
    clock = _CLOCK.fullmatch(word)
    if clock is None:
        return None
    before, hour, minute, half, after, day = clock.groups(default="")
    return _at(now, _hour(int(hour), before or after), 30 if half else int(minute or 0), day)


def _hour(hour: int, part: str) -> int:
    after_noon = {"chieu": (0, 12), "toi": (0, 12), "dem": (6, 12), "trua": (0, 4)}.get(part, (0, 0))
    if after_noon[0] <= hour < after_noon[1]:
        return hour + 12
    return 0 if part == "dem" and hour == 12 else hour


def _at(now: int, hour: int, minute: int, day: str) -> int | None:
    """That hour of the day that was said; without one, of the last day on which it has been."""
    today = from_micros(now, VIETNAM)
    try:
        at = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if "/" in day:
            number, month = (int(part) for part in day.split("/"))
            at = at.replace(month=month, day=number)
            if to_micros(at) > now + _SLACK:
                at = at.replace(year=at.year - 1)
        else:
            at -= timedelta(days=_BACK[day])
    except ValueError:
        return None
    if not day and to_micros(at) > now + _SLACK:
        at -= timedelta(days=1)
    return to_micros(at)
