"""A whole, valid beginning of a playbook, for `playbook new`."""

from __future__ import annotations

import json

from atttcli.playbook.library import short_name

_TEXT = """\
# docs/how-to-add-a-playbook.md is the manual. Check: atttcli playbook lint FILE; draw: atttcli playbook graph FILE
atttcli: 1
id: {id}
name: {title}
name_en: "Title in English"
description: "Một câu: dùng khi nào, để làm gì."
description_en: "One sentence: when to use it, what for."
created: "{now}"
modified: "{now}"
playbook_types: [mitigation]
playbook_activities: [restrict-access]
priority: 3
severity: 50
labels: [draft]
roles:
  van_hanh: {{name: "Đơn vị vận hành", name_en: "operating unit"}}
  chuyen_trach: {{name: "Đơn vị chuyên trách ứng cứu", name_en: "specialised response unit"}}
playbook_variables:
  __stable__: {{type: bool, description: "Hệ thống đã ổn định, an toàn", value: false}}
workflow_start: start
workflow:
  start: {{type: start, on_completion: scene}}
  scene:
    code: "1"
    name: "Giữ nguyên hiện trường"
    name_en: "Keep the scene as it is"
    description: "Không tắt máy, không xóa tệp, không cài lại."
    description_en: "Do not switch off, delete nothing, do not reinstall."
    lead: van_hanh
    support: chuyen_trach
    due: 1h
    evidence: required
    on_completion: contain
  contain:
    code: "2"
    name: "Ngăn chặn"
    name_en: "Contain"
    lead: van_hanh
    due: 4h
    on_completion: check
  check:
    code: "3"
    name: "Kiểm tra lại"
    name_en: "Check again"
    lead: chuyen_trach
    due: 1d
    out_args: [__stable__]
    ask: "Hệ thống đã ổn định, an toàn chưa?"
    ask_en: "Is the system stable and safe?"
    on_completion: is_stable
  is_stable:
    type: if-condition
    name: "Đã ổn định?"
    name_en: "Stable?"
    condition: "__stable__:value = true"
    on_true: done
    on_false: contain
  done: {{type: end}}
"""


def new_playbook(name: str, title: str, now: str) -> str:
    """The text of a new playbook file; `now` RFC 3339 in UTC."""
    identity = short_name(name)
    if not identity[0].isalpha():
        identity = f"p-{identity}"
    return _TEXT.format(id=identity, title=json.dumps(title, ensure_ascii=False), now=now)
