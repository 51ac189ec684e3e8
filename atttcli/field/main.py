"""The kit's own entry: `BAT-DAU.cmd` or `bat-dau.sh` start it with the kit's Python or the machine's, and nothing installed.

Exit codes: 0 nothing found, 1 found, 2 not everything was scanned or nothing could be, 3 it does not start
here (the collector takes over), 130 stopped. Python 3.8-clean.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import sysconfig
import tempfile
from typing import TYPE_CHECKING, List, Optional, Sequence

from atttcli.clock import Clock, local_text
from atttcli.errors import AtttError
from atttcli.field.kit import words
from atttcli.field.kit.contents import MISSING, differences, is_signed, read_contents
from atttcli.field.kit.machine import architecture, is_administrator, system
from atttcli.field.kit.passport import LIB, UNFIT, Passport, read_passport
from atttcli.field.kit.places import Places, places, sweep
from atttcli.field.kit.screen import Screen
from atttcli.field.lock import Busy, RunLock
from atttcli.field.throttle import be_nice, on_battery

if TYPE_CHECKING:
    from atttcli.field.kit.session import Ending

_FAILED = 2
_INTERRUPTED = 130


class Refusal(Exception):
    """This kit does not run here and now; the text says why, in the words of who plugged it in."""

    def __init__(self, text: str, code: int = _FAILED) -> None:
        super().__init__(text)
        self.code = code


def main(arguments: Optional[Sequence[str]] = None, kit: str = "", clock: Optional[Clock] = None) -> int:
    """Run the kit in the folder `kit` (by default the one that this program stands in). The exit code."""
    sys.dont_write_bytecode = True
    screen = Screen.standard()
    folder = kit or _own_folder()
    call = words.NOBODY
    try:
        given = _parser().parse_args(arguments)
        passport = read_passport(folder)
        call = passport.call or call
        return _run(passport, folder, given, screen, clock or Clock())
    except Refusal as refused:
        screen.line(str(refused))
        return refused.code
    except Busy as busy:
        screen.line(words.BUSY % busy.holder)
    except AtttError as error:
        screen.line(
            words.TROUBLE % (" ".join(filter(None, (words.trouble(error.message), str(error.where or "")))), call)
        )
    except OSError as error:
        screen.line(words.WRITE_FAILED % (error.strerror or error))
    except KeyboardInterrupt:
        screen.line(words.STOPPED)
        return _INTERRUPTED
    return _FAILED


def _run(kit: Passport, folder: str, given: argparse.Namespace, screen: Screen, clock: Clock) -> int:
    call = kit.call or words.NOBODY
    screen.line(words.WARNING % call)
    screen.line(words.ABOUT % (kit.number, kit.team or words.NOBODY, kit.agency_name or kit.agency))
    if not given.yes:
        screen.wait(words.PRESS)
    _fits(kit, call, clock)
    _load(folder, kit)
    screen.line(words.CHECKING)
    _is_whole(folder, kit, call)
    if on_battery() and not given.on_battery:
        raise Refusal(words.ON_BATTERY)
    if not is_administrator():
        screen.line(words.NOT_ADMIN)
    be_nice()
    where = places(folder, kit.number, given.to)
    tempfile.tempdir = os.environ["TMPDIR"] = where.state  # whatever is spooled (SQLite, too) is on the stick
    with RunLock(os.path.join(where.state, "run.lock"), kit.number):
        sweep(where.state)
        ending = _session(kit, where, given, screen, clock)
    _tell(kit, where, ending, screen)
    return ending.exit_code


def _session(kit: Passport, where: Places, given: argparse.Namespace, screen: Screen, clock: Clock) -> "Ending":
    from atttcli.field.kit.session import Options, Session

    options = Options(given.paths, given.max_time * 60, given.cpu_limit, given.attach_samples, not given.no_host)
    return Session(kit, where, options, screen, clock).run()


def _fits(kit: Passport, call: str, clock: Clock) -> None:
    """Whether this kit is for such a machine and still in force."""
    if kit.os != system():
        raise Refusal(words.OTHER_SYSTEM % ("%s %s" % (kit.os, kit.arch), "%s %s" % (system(), architecture())))
    if clock.now() > kit.expires:
        raise Refusal(words.EXPIRED % (local_text(kit.expires)[:10], local_text(clock.now())[:10], call))


def _load(folder: str, kit: Passport) -> None:
    """Make the kit's compiled modules importable: those for the Python that runs us."""
    here = "cp%d%d" % sys.version_info[:2]
    if here not in kit.pythons:
        raise Refusal(words.OLD_PYTHON % (".".join(map(str, sys.version_info[:2])), ", ".join(kit.pythons)), UNFIT)
    sys.path.insert(1, os.path.join(folder, LIB, here))
    try:
        for name in ("yara", "nacl.public", "nacl.signing"):
            importlib.import_module(name)
    except ImportError as error:
        raise Refusal(words.NOT_LOADED % ("%s (%s)" % (error, sysconfig.get_platform())), UNFIT) from None


def _is_whole(folder: str, kit: Passport, call: str) -> None:
    """Refuse to run when a file was changed, taken away, or put among the program and its rules."""
    if not is_signed(folder, bytes.fromhex(kit.signer)):
        raise Refusal(words.NOT_SIGNED % call)
    contents = read_contents(folder)
    wrong: List[str] = []
    for one in differences(folder, contents):
        among_ours = one.path.split("/")[0] in ("lib", "rules", "python", "key")
        if one.what == MISSING or one.path in contents.files or (among_ours and not one.litter):
            wrong.append(one.path)
    if wrong or contents.number != kit.number:
        raise Refusal(words.NOT_WHOLE % (", ".join(wrong[:3]) + (" …" if len(wrong) > 3 else ""), call))


def _tell(kit: Passport, where: Places, ending: "Ending", screen: Screen) -> None:
    for hole in ending.holes:
        screen.line(words.HOLE % (hole.path, words.reason(hole.why)))
    if ending.more_holes:
        screen.line(words.MORE_HOLES % words.number(ending.more_holes))
    if where.on_stick:
        screen.line(words.KEPT % os.path.basename(ending.delivered.path))
        screen.line(words.BRING % (kit.team or words.NOBODY))
    else:
        screen.line(words.ELSEWHERE % os.path.dirname(where.out))
        screen.line(words.CARRY)
    screen.line()
    screen.line(ending.sentence)


def _own_folder() -> str:
    """lib/atttcli/field/main.py stands three folders below the kit."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bat-dau", description="Quét máy này, không cài đặt gì.", allow_abbrev=False)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="chỉ quét các thư mục này (mặc định: mọi ổ đĩa)")
    parser.add_argument("--to", default="", metavar="DIR", help="ghi kết quả vào thư mục này thay cho USB")
    parser.add_argument(
        "--max-time", type=int, default=0, metavar="PHÚT", help="dừng sau ngần ấy phút; lần sau quét tiếp"
    )
    parser.add_argument(
        "--cpu-limit", type=int, default=0, metavar="%", help="nhiều nhất ngần ấy phần trăm một bộ xử lý"
    )
    parser.add_argument("--attach-samples", action="store_true", help="gửi kèm bản sao các tệp nghi ngờ (niêm phong)")
    parser.add_argument("--no-host", action="store_true", help="chỉ quét tệp, không xem tiến trình, tài khoản …")
    parser.add_argument("--on-battery", action="store_true", help="quét cả khi máy chạy bằng pin")
    parser.add_argument("--yes", action="store_true", help="không hỏi gì")
    return parser


if __name__ == "__main__":
    sys.exit(main())
