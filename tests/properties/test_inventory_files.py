"""Whatever stands in an organisation's file: an Organisation or one InputError with its file, never anything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.errors import InputError
from atttcli.inventory import Inventory, check_organisation, from_payload, load_organisation, to_payload
from atttcli.inventory.organisation import Organisation
from atttcli.inventory.read import read_organisation
from atttcli.profile.read import read_profile

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "seeds" / "organisations" / "bac-kan.yaml").read_text("utf-8")
HEAD = TEXT[: TEXT.index("  - code: mot-cua")]
PROFILE = (ROOT / "seeds" / "profiles" / "vn-2026.yaml").read_bytes()[:9000]
EDITS = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.sampled_from([b"", b"\n", b"  ", b"-", b"[", b"{", b'"', b":", b"\xff", b"&a ", b"7"]),
    ),
    min_size=1,
    max_size=4,
)


def mutate(data: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    for place, new in edits:
        at = place % (len(data) + 1)
        data = data[:at] + new + data[at + 1 :]
    return data


@settings(max_examples=80, deadline=None)
@given(EDITS)
def test_a_mutated_organisation(edits: list[tuple[int, bytes]]) -> None:
    try:
        org = read_organisation(mutate(HEAD.encode(), edits), "mutated.yaml")
    except InputError as error:
        assert error.where is not None
        assert error.where.path == "mutated.yaml"
        return
    use(org)


@settings(max_examples=50, deadline=None)
@given(EDITS)
def test_a_mutated_profile(edits: list[tuple[int, bytes]]) -> None:
    try:
        read_profile(mutate(PROFILE, edits), "mutated.yaml", "vn-2026")
    except InputError as error:
        assert error.where is not None
        assert error.where.path == "mutated.yaml"


CELLS = st.sampled_from(
    ["", "Mã", "Tên đơn vị", "Email", "Dải IP", "Cấp độ", "Tên hệ thống", "Hộp thư", "Đơn vị", "a", "Sở A", "1.2.3.4/99",
     "192.0.2.1", "=1+1", '"', "x" * 5000, "\x1b[2J", "\u202e", "999999999999999999999", "31/02/2025", "đ", "\x00", "@"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-16"]))
def test_any_csv(tmp_path: Path, rows: list[list[str]], delimiter: str, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join(delimiter.join(row) for row in rows).encode(encoding))
    try:
        org = load_organisation(path)
    except InputError as error:
        assert error.where is not None
        assert error.where.path.startswith(str(path))
        return
    use(org)


def use(org: Organisation) -> None:
    for finding in check_organisation(org):
        assert finding.message
        assert finding.severity in {"error", "warning", "info"}
    assert from_payload(to_payload(org)) == org
    inventory = Inventory(org)
    inventory.owner_of("192.0.2.1")
    inventory.system_of("www.backan.gov.vn")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "a: &a [x]\nb: [*a, *a]",
        "code: !!python/object:os.system x",
        "format: atttcli/organisation/1\ncode: x\ncode: y\nname: z",
        "format: atttcli/organisation/1\ncode: x\nname: {a: b}",
        "format: atttcli/organisation/1\ncode: x\nname: z\nagencies: [1, 2]",
        "format: atttcli/organisation/1\ncode: x\nname: z\nagencies: [[[]]]",
        "format: atttcli/organisation/1\ncode: ../../x\nname: ''\nroles: [a]",
        "format: atttcli/organisation/1\ncode: x\nname: " + "y" * 5000,
        "format: atttcli/organisation/1\ncode: x\nname: z\nnetworks:\n" + "  - {cidr: 192.0.2.1, agency: a}\n" * 20_001,
    ],
)
def test_yaml_made_to_hurt(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_organisation(path)
    assert caught.value.where is not None
    assert caught.value.where.path == str(path)


def test_the_smallest_file_of_the_guide_works(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "how-to-add-a-province.md").read_text("utf-8")
    block = re.search(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert block is not None
    path = tmp_path / "x.yaml"
    path.write_text(block.group(1), "utf-8")
    org = load_organisation(path)
    assert [f for f in check_organisation(org) if f.severity == "error"] == []
    assert {f.code for f in check_organisation(org)} == {"no-organ"}
