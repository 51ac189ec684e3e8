"""A bundle on the screen: every word of it comes from a machine that may be in an attacker's hands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.clock import local_text
from atttcli.text.messages import _, language
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.exchange.bundles import Opinion
    from atttcli.exchange.parcel import Parcel
    from atttcli.field.manifest import Manifest


def show_parcel(parcel: Parcel, opinion: Opinion, log: bool, as_json: bool) -> None:
    """The manifest and whether it would be taken, then findings and observations as they stand in it, then the log."""
    manifest = parcel.manifest
    if as_json:
        refusal = opinion.refusal
        told = {
            "kind": "manifest", "signed": parcel.signed, "digest": parcel.digest, "imported": opinion.known,
            "remarks": [{"word": word, "text": text} for word, text in opinion.remarks],
            "fault": refusal.fault if refusal else "", "reason": refusal.message if refusal else "",
        }  # fmt: skip
        render.emit_json(told | {name: value for name, value in manifest.to_json().items() if name != "members"}
                         | {"members": [member._asdict() for member in manifest.members]})  # fmt: skip
        for kind, value in _records(parcel, log):
            render.emit_json({"kind": kind, **value})
        return
    _show_manifest(manifest, parcel.signed)
    _show_opinion(opinion)
    kinds = {"observation": _("seen"), "hit": _("suspicious"), "problem": _("not checked")}
    rows: list[tuple[object, ...]] = []
    logged: list[str] = []
    for kind, value in _records(parcel, log):
        if kind == "finding":
            own = "title_vi" if language() == "vi" else "title"
            rows += [(value["path"], hit["rule"], hit[own] or hit["title"], _("rule")) for hit in value["hits"]]
            rows += [
                (value["path"], f"{one['type']}:{one['value']}", one["description"], one["source"])
                for one in value["known"]
            ]
        elif kind == "host":
            rows.append((value["subject"], value["rule"] or value["check"], value["title"], kinds[value["record"]]))
        elif kind == "log":
            logged.append(value["text"])
        else:
            render.warn(f"{value['member']}:{value['line']}: {retell(value['reason'])}")
    render.table((_("Where"), _("Rule"), _("Title"), _("Kind")), rows, wide=(0, 2))
    for text in logged:
        render.line(text)


def _show_opinion(opinion: Opinion) -> None:
    if opinion.refusal is not None:
        render.warn(_("NOT TO BE BELIEVED: {why}", why=retell(opinion.refusal.message)))
        render.warn("  → " + retell(opinion.refusal.hint))
    for remark in opinion.remarks:
        render.warn(retell(remark.text))
    if opinion.known:
        render.line(_("It was taken in before."))


def _show_manifest(manifest: Manifest, signed: bool) -> None:
    host, account, rules = manifest.host, manifest.account, manifest.rules
    said: list[tuple[object, object]] = [
        (_("Kit"), f"{manifest.kit} / {manifest.sequence}" + ("" if signed else " " + _("UNSIGNED"))),
        (_("Agency"), manifest.agency),
        (_("Host"), f"{host.name} ({host.os} {host.arch}) {host.machine_id[:12]}"),
        (_("Started"), local_text(manifest.started)),
        (_("Ended"), local_text(manifest.made)),
        (_("Rules"), f"{rules.version} ({rules.count}) {rules.digest[:12]}"),
        ("TLP", manifest.tlp),
        (_("files met"), account["found"]),
        (_("scanned"), account["scanned"]),
        (_("unchanged since an earlier scan"), account["unchanged"]),
    ]
    said += [(_("skipped: {why}", why=retell(why)), count) for why, count in sorted(account["skipped"].items())]
    said += [(_("failed: {why}", why=retell(why)), count) for why, count in sorted(account["failed"].items())]
    said += [(_("not judged"), f"{path} ({retell(why)})") for path, why in manifest.coverage.holes[:20]]
    said += [(_("Sample"), f"{one.sha256[:16]}… {one.size}") for one in manifest.members if one.kind == "sample"]
    render.table((_("Field"), _("Value")), said, wide=(1,))


def _records(parcel: Parcel, log: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    from atttcli.exchange.records import MOST_RECORDS, FirstLines
    from atttcli.field.bundle import lines
    from atttcli.field.manifest import FINDINGS, HOST, LOG
    from atttcli.field.records import read_finding, read_host
    from atttcli.field.strict_json import NotCanonical
    from atttcli.model.title import rule_title

    for member, pieces in parcel.members():
        if member.kind == LOG and log:
            for line in lines(iter(FirstLines(pieces))):
                yield "log", {"text": (line.data or b"").decode("utf-8", "backslashreplace")}
        if member.kind not in (FINDINGS, HOST):
            continue
        first = FirstLines(pieces)
        for line in lines(iter(first)):
            try:
                if line.data is None:
                    raise NotCanonical("a line that is too long")
                if member.kind == HOST:
                    seen = read_host(line.data)._asdict()
                    yield "host", {"record": seen.pop("kind"), **seen}
                else:
                    found, known = read_finding(line.data)
                    yield "finding", {
                        "path": found.path, "member": found.member, "sha256": found.sha256, "size": found.size,
                        "hits": [
                            {
                                "rule": f"{hit.namespace}:{hit.rule}", "title": str(hit.meta.get("description") or hit.rule),
                                "title_vi": rule_title({"meta": hit.meta}, "vi"), "strings": len(hit.strings) + hit.truncated,
                            }
                            for hit in found.hits
                        ],
                        "known": [one._asdict() for one in known],
                    }  # fmt: skip
            except NotCanonical as error:
                yield "problem", {"member": member.name, "line": line.number, "reason": str(error)}
        if first.left_out:
            reason = f"{first.left_out} more lines are left out"
            yield "problem", {"member": member.name, "line": MOST_RECORDS + 1, "reason": reason}
