"""The PowerShell collector cannot run here: a real grammar reads it, and nothing newer than PowerShell 2 and .NET 3.5 stands in it.

What was never run is listed in docs/collector.md.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib

import pytest

from atttcli.exchange.collected_text import _SCALARS
from atttcli.field.host.rules import RULES
from atttcli.fleet.collector.files import script

SOURCE = script("collect.ps1").decode("utf-8-sig")
CODE = "\n".join(line for line in SOURCE.splitlines() if not line.lstrip().startswith("#"))

# Cmdlets and words that PowerShell 2 does not know (v3 and later), and members that came with .NET 4 and later.
NEWER_WORDS = (
    "Get-CimInstance",
    "Get-CimClass",
    "Invoke-CimMethod",
    "Invoke-WebRequest",
    "Invoke-RestMethod",
    "Get-FileHash",
    "ConvertTo-Json",
    "ConvertFrom-Json",
    "Expand-Archive",
    "Compress-Archive",
    "Get-ScheduledTask",
    "Get-NetTCPConnection",
    "Get-NetUDPEndpoint",
    "Get-LocalUser",
    "Get-LocalGroup",
    "Get-MpPreference",
    "Get-MpComputerStatus",
    "Get-ItemPropertyValue",
    "Unblock-File",
    "New-Guid",
    "Get-ComputerInfo",
    "Format-Hex",
    "New-TemporaryFile",
    "Write-Information",
    "Get-Clipboard",
    "Resolve-DnsName",
    "Get-Volume",
    "Get-Disk",
    "Get-Printer",
    "Get-SmbShare",
    "Get-DnsClientCache",
    "Get-AppxPackage",
    "Test-NetConnection",
    "Show-Command",
    "Register-ScheduledTask",
    "Get-TimeZone",
    "Join-String",
    "Import-PowerShellDataFile",
    "ConvertFrom-SddlString",
    "-Parallel",
    "$PSScriptRoot",
    "$PSCommandPath",
    "$PSItem",
    "[pscustomobject]",
    "[ordered]",
    "-AsHashtable",
    "IsNullOrWhiteSpace",
    "CopyTo(",
    "EnumerateFiles",
    "EnumerateDirectories",
    "EnumerateFileSystemInfos",
    "ZipFile",
    "ZipArchive",
    "[Tuple]",
    "HashSet",
    "ReadLines(",
    "AppendAllLines",
    "BigInteger",
    "ConcurrentDictionary",
    "TryParse(",
    "TimeZoneInfo",
    "System.Linq",
    "::new(",
    ".ForEach(",
    ".Where(",
    "#requires",
    "DateTimeOffset",
    "ToUnixTimeSeconds",
    "Environment]::Is64Bit",
    "Add-Type",
    "Invoke-Expression",
    "DownloadString",
    "System.Net",
    "Start-BitsTransfer",
    "Set-ItemProperty",
    "New-ItemProperty",
    "Remove-Item",
    "Set-Content",
    "Out-File",
)
NEWER_SYNTAX = (
    r"\s-(not)?in\s",
    r"\s-sh[lr]\s",
    r"Get-Content[^\n|;]*-(Raw|Tail|Encoding Byte)",
    r"Get-ChildItem[^\n|;]*\s-(File|Directory|Depth|Hidden|Attributes)\b",
    r"\?\?",
    r"\?\.",
    r"&&",
    r"\|\|",
    r"\bclass\s+\w+\s*\{",
    r"\benum\s+\w+\s*\{",
    r"^\s*using\s",
    r"\bworkflow\b",
    r"\bconfiguration\b",
    r"Where-Object\s+[A-Za-z]",
    r"ForEach-Object\s+[A-Za-z]",
    r"\[[\w.]+\]@\{",
    r"Join-Path\s+\S+\s+'[^']*'\s+'",
    r"\.Clear\(\)",
    r"\*>",
)


def test_a_real_grammar_reads_it() -> None:
    tree_sitter = pytest.importorskip(
        "tree_sitter", reason="no PowerShell grammar here: the syntax of collect.ps1 was not checked"
    )
    grammar = pytest.importorskip(
        "tree_sitter_powershell", reason="no PowerShell grammar here: the syntax was not checked"
    )
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert parser.parse(b"if ($x { foreach").root_node.has_error, "the check itself can fail"
    assert not parser.parse(SOURCE.encode()).root_node.has_error


def test_nothing_newer_than_powershell_2() -> None:
    for word in NEWER_WORDS:
        assert word.lower() not in CODE.lower(), word
    for pattern in NEWER_SYNTAX:
        assert not re.search(pattern, re.sub(r"'[^'\n]*'", "''", CODE), re.IGNORECASE | re.MULTILINE), pattern


def test_every_cmdlet_is_one_that_powershell_2_has() -> None:
    known = {
        "get-wmiobject", "get-item", "get-childitem", "new-object", "join-path", "split-path", "write-host", "out-null",
    }  # fmt: skip
    own = {one.lower() for one in re.findall(r"^function ([\w-]+)", CODE, re.MULTILINE)}
    plain = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", CODE)
    used = {one.lower() for one in re.findall(r"(?<![\w$.\\-])([A-Z][a-z]+-[A-Z][A-Za-z0-9]+)\b", plain)}
    assert used - own <= known
    assert own <= used | {one.lower() for one in re.findall(r"(?<![\w$.])([A-Z][\w]+)\b", plain)}, "no function is dead"


def test_it_is_stored_as_windows_wants_it() -> None:
    data = script("collect.ps1")
    assert data.startswith(b"\xef\xbb\xbf#"), "PowerShell 2 reads a script without a mark in the old code page"
    assert data.count(b"\r\n") == data.count(b"\n")
    start = script("BAT-DAU.cmd")
    assert start.isascii(), "cmd.exe reads a script in the console's code page"
    assert start.count(b"\r\n") == start.count(b"\n")
    for needed in (
        b"-ExecutionPolicy Bypass",
        b"-NoProfile",
        b'"%HERE%collector\\collect.ps1"',
        b"%~dp0",
        b"DisableDelayedExpansion",
    ):
        assert needed in start


def test_it_says_what_the_centre_reads() -> None:
    said = set(re.findall(r"@\('(\w+)', ", CODE))
    assert said >= _SCALARS
    for rule, severity, title in re.findall(r"'(host\.[\w-]+)' (\d) '((?:[^']|'')*)'", CODE):
        if rule != "host.wmi-consumer":
            assert (RULES[rule].severity, RULES[rule].title) == (int(severity), title.replace("''", "'"))


def test_a_zip_made_of_gzip_streams_is_one() -> None:
    """The way in which it packs, done here byte for byte: the deflated bytes and the CRC of a gzip stream make a zip's member."""
    content = {"manifest.txt": b"atttcli/collected/1\n", "logs/001-x.evtx": bytes(range(256)) * 5000}
    out, entries = io.BytesIO(), []
    for name, data in content.items():
        packed = gzip.compress(data, mtime=0)
        assert packed[3] == 0
        crc, label = struct.unpack("<L", packed[-8:-4])[0], name.encode()
        assert crc == zlib.crc32(data)
        entries.append((label, crc, len(packed) - 18, len(data), out.tell()))
        out.write(
            struct.pack("<LHHHHHLLLHH", 0x04034B50, 20, 0, 8, 0, 33, crc, len(packed) - 18, len(data), len(label), 0)
        )
        out.write(label + packed[10:-8])
    start = out.tell()
    for label, crc, length, size, offset in entries:
        out.write(
            struct.pack(
                "<LHHHHHHLLLHHHHHLL",
                0x02014B50,
                20,
                20,
                0,
                8,
                0,
                33,
                crc,
                length,
                size,
                len(label),
                0,
                0,
                0,
                0,
                0,
                offset,
            )
        )
        out.write(label)
    end = out.tell()
    out.write(struct.pack("<LHHHHLLH", 0x06054B50, 0, 0, len(entries), len(entries), end - start, start, 0))
    with zipfile.ZipFile(out) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == content
    widths = {  # the same fields in the same widths stand in the script
        "local": "0x04034b50, 4, 20, 2, 0, 2, $Method, 2, 0, 2, 33, 2, $Crc, 4, $Length, 4, $Size, 4, $Label.Length, 2, 0, 2",
        "directory": "0x02014b50, 4, 20, 2, 20, 2, 0, 2, $One.Method, 2, 0, 2, 33, 2, $One.Crc, 4, $One.Length, 4, $One.Size, 4",
        "name": "$One.Label.Length, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 4, $One.Offset, 4",
        "end": "0x06054b50, 4, 0, 2, 0, 2, $Entries.Length, 2, $Entries.Length, 2, ($End - $Start), 4, $Start, 4, 0, 2",
    }
    for line in widths.values():
        assert line in CODE
