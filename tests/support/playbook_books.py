"""Small playbooks in the short form, for tests of runs: a loop in parallel with a child, approvals, commands."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
atttcli: 1
id: {id}
name: "{id}"
modified: "2026-01-01T00:00:00.000Z"
roles: {{van_hanh: {{name: "Đơn vị vận hành", name_en: "operating unit"}}}}
"""
CHILD = (
    HEAD.format(id="con")
    + """\
playbook_variables:
  __hosts__: {type: integer, external: true}
  __found__: bool
workflow_start: start
workflow:
  start: {type: start, on_completion: look}
  look: {name: "Tìm", lead: van_hanh, out_args: [__found__], on_completion: note}
  note: {name: "Ghi lại", lead: van_hanh, on_completion: done}
  done: {type: end}
"""
)
PARENT = (
    HEAD.format(id="cha")
    + """\
playbook_variables:
  __hosts__: {type: integer, value: 3}
  __found__: bool
  __stable__: bool
workflow_start: start
workflow:
  start: {type: start, on_completion: both}
  both: {type: parallel, next_steps: [contain, sub], on_completion: check}
  contain: {name: "Ngăn chặn", lead: van_hanh, due: 4h, on_completion: contained}
  contained: {type: end}
  sub:
    type: playbook-action
    name: "Tìm trên các máy"
    playbook_id: con
    in_args: [__hosts__]
    out_args: [__found__]
    on_completion: searched
  searched: {type: end}
  check: {name: "Kiểm tra", lead: van_hanh, out_args: [__stable__], on_completion: is_stable}
  is_stable:
    type: if-condition
    condition: "__stable__:value = true AND __found__:value = true"
    on_true: close
    on_false: both
  close: {name: "Kết thúc", lead: van_hanh, approval: lead, on_success: done, on_failure: appeal}
  appeal: {name: "Xem lại", lead: van_hanh, on_completion: done}
  done: {type: end}
"""
)
COMMANDS = (
    HEAD.format(id="lenh")
    + """\
playbook_variables:
  __name__: {type: string, value: "a b'; touch pwned #"}
workflow_start: start
workflow:
  start: {type: start, on_completion: echo}
  echo:
    name: "In ra"
    lead: van_hanh
    timeout: 5s
    commands:
      - {type: bash, command: "printf '[%s]' __name__:value"}
      - {type: ssh, command: "reboot"}
    on_completion: slow
  slow: {name: "Chậm", lead: van_hanh, timeout: 1s, commands: [{type: bash, command: "sleep 30"}], on_completion: done}
  done: {type: end}
"""
)


def write_books(folder: Path) -> dict[str, Path]:
    """Files of the playbooks above by name."""
    found = {}
    for name, text in (("con", CHILD), ("cha", PARENT), ("lenh", COMMANDS)):
        found[name] = folder / f"{name}.yaml"
        found[name].write_text(text, encoding="utf-8")
    return found
