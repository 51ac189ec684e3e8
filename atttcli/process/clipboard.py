"""The text on the desk's clipboard, by the program that the desktop has for it."""

from __future__ import annotations

import os
import sys

from atttcli.errors import MissingFeature
from atttcli.process.run import run

_SECONDS = 5.0
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR")


def read_clipboard() -> bytes:
    """What stands on the clipboard; MissingFeature when no program here can read it."""
    desktop = {name: os.environ[name] for name in _DESKTOP if name in os.environ}
    for words in _programs():
        try:
            ended = run(words, variables=desktop, seconds=_SECONDS)
        except MissingFeature:
            continue
        if ended.exit_code == 0:
            return ended.output
    raise MissingFeature(
        "the clipboard cannot be read here",
        hint="install wl-clipboard or xclip; or paste: atttcli alert add --from-text -",
    )


def _programs() -> list[list[str]]:
    if sys.platform == "win32":
        script = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-Clipboard -Raw"
        root = os.environ.get("SYSTEMROOT", r"C:\Windows")  # by its place: Windows looks into the current folder first
        shell = root + r"\System32\WindowsPowerShell\v1.0\powershell.exe"
        return [[shell, "-NoProfile", "-NonInteractive", "-Command", script]]
    if sys.platform == "darwin":
        return [["pbpaste"]]
    wayland = [["wl-paste", "--no-newline"]] if os.environ.get("WAYLAND_DISPLAY") else []
    x11 = [["xclip", "-selection", "clipboard", "-o"], ["xsel", "--clipboard", "--output"]]
    return wayland + (x11 if os.environ.get("DISPLAY") else [])
