"""When an inject comes, as the books of a drill say it: a condition in words, both languages."""

from __future__ import annotations

from atttcli.drill.spans import span_text
from atttcli.model.drill import Condition, Inject, Said


def said_when(inject: Inject) -> Said:
    """`6:00` of the scenario's time, or the condition in words."""
    if inject.at is not None:
        return Said(f"phút {span_text(inject.at)}", f"at {span_text(inject.at)}")
    return said_condition(inject.when) if inject.when is not None else Said()


def said_condition(condition: Condition) -> Said:
    """A condition in words; parts of `any` and `all` are told one behind the other."""
    name, span = condition.name, span_text(condition.amount)
    match condition.op:
        case "all" | "any":
            parts = [said_condition(part) for part in condition.parts]
            vi, en = ("; và ", "; and ") if condition.op == "all" else ("; hoặc ", "; or ")
            return Said(vi.join(part.vi for part in parts), en.join(part.en for part in parts))
        case "not":
            inner = said_condition(condition.parts[0])
            return Said(f"chưa xảy ra: {inner.vi}", f"not yet: {inner.en}")
        case "after" if condition.amount:
            return Said(f"{span} sau {name}", f"{span} after {name}")
        case "after":
            return Said(f"ngay sau {name}", f"right after {name}")
        case "at":
            return Said(f"từ phút {span}", f"from {span} on")
        case "done":
            return Said(f"khi đội làm xong {name}", f"when {name} is done")
        case "no_action_for":
            return Said(f"đội không có hành động nào trong {span}", f"no action for {span}")
        case "score_below":
            points = f"{condition.amount:g}"
            what = (f"mục tiêu {name}", f"objective {name}") if name else ("tổng điểm", "the total")
            return Said(f"{what[0]} dưới {points} điểm", f"{what[1]} below {points}")
    return Said(condition.op, condition.op)
