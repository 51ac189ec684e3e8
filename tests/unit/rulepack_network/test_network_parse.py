from __future__ import annotations

import os
from pathlib import Path

import pytest

from atttcli.errors import InputError, UsageError
from atttcli.rulepack.network import load_network_rules
from atttcli.rulepack.network.values import ByteTest, Content, DataAt, Pcre, Size
from tests.support.network_run import pack_of

ONE = 'alert tcp any any -> any 80 (msg:"one"; content:"abc"; sid:1;)'


def only(text: str, **variables: str):
    pack = pack_of(text, variables)
    assert not pack.problems, pack.problems
    return pack, pack.rules[0]


def refused(text: str) -> str:
    pack = pack_of(text)
    assert not pack.rules
    assert len(pack.problems) == 1
    assert pack.problems[0].refused
    return pack.problems[0].reason


def contents(options: str) -> tuple[Content, ...]:
    _, rule = only(f"alert tcp any any -> any any ({options} sid:1;)")
    return tuple(op for group in rule.groups for op in group.ops if isinstance(op, Content))


def test_comments_crlf_bom_and_continuation_lines_keep_their_numbers():
    text = '\ufeff# comment\r\n\r\nalert tcp any any -> any any ( \\\r\n  content:"a"; \\\r\n  sid:7;)\r\nnonsense\r\n'
    pack = pack_of(text)
    assert [(rule.sid, rule.line) for rule in pack.rules] == [(7, 3)]
    assert pack.problems[0].where.line == 6


def test_latin1_rule_files_are_read(tmp_path: Path):
    path = tmp_path / "old.rules"
    path.write_bytes(b'alert tcp any any -> any any (msg:"caf\xe9"; content:"a"; sid:1;)\n')
    assert load_network_rules([path]).rules[0].msg == "café"


def test_hex_escapes_and_commas_in_contents():
    (op,) = contents(r'content:"a|20 0D0a|b\;\"\\\:c,d"; nocase;')
    assert op.pattern == b'a \r\nb;"\\:c,d'
    assert op.nocase


def test_negation_and_place():
    first, second = contents('content:!"no"; content:"yes"; offset:3; depth:9;')
    assert first.negated and not second.negated
    assert (second.offset, second.depth) == (3, 9)


def test_startswith_is_a_depth_of_its_own_length():
    (op,) = contents('content:"GET"; startswith;')
    assert (op.offset, op.depth) == (0, 3)


def test_old_modifiers_bind_the_content_before_them():
    _, rule = only(
        'alert tcp any any -> any any (content:"/a"; http_uri; content:"x"; content:"b"; http_header; sid:1;)'
    )
    assert {group.buffer: [op.pattern for op in group.ops] for group in rule.groups} == {
        "http.uri": [b"/a"],
        "payload": [b"x"],
        "http.header": [b"b"],
    }
    assert rule.apps == ("http", "http2")


def test_a_sticky_buffer_lasts_until_the_next():
    _, rule = only('alert http any any -> any any (http.uri; content:"a"; content:"b"; pkt_data; content:"c"; sid:1;)')
    assert [(group.buffer, len(group.ops)) for group in rule.groups] == [("http.uri", 2), ("payload", 1)]
    assert rule.direction == "to_server"


def test_pcre_flags_and_buffers():
    _, rule = only(r'alert http any any -> any any (content:"a"; http_uri; pcre:"/^x\/y$/RiU"; sid:1;)')
    op = rule.groups[0].ops[1]
    assert isinstance(op, Pcre)
    assert (op.pattern, op.prefix, op.relative) == (rb"^x\/y$", b"(?i)", True)


def test_sizes():
    _, rule = only(
        'alert http any any -> any any (urilen:5<>9; http.method; content:"GET"; bsize:3; http.uri; content:"a"; sid:1;)'
    )
    assert rule.groups[0].ops[0] == Size(6, 8)
    assert rule.groups[1].ops[1] == Size(3, 3)


def test_isdataat_and_byte_test():
    _, rule = only(
        'alert tcp any any -> any any (content:"a"; isdataat:!10,relative; byte_test:2,!&,0x80,1,relative,little; sid:1;)'
    )
    _, at, test = rule.groups[0].ops
    assert at == DataAt(10, True, True)
    assert isinstance(test, ByteTest)
    assert (test.count, test.operator, test.value, test.negated, test.little) == (2, "&", 0x80, True, True)


def test_priority_from_classtype_and_override():
    _, rule = only('alert tcp any any -> any any (content:"a"; classtype:trojan-activity; sid:1;)')
    assert (rule.priority, rule.category) == (1, "A Network Trojan was detected")
    _, rule = only('alert tcp any any -> any any (content:"a"; classtype:trojan-activity; priority:4; sid:1;)')
    assert rule.priority == 4


def test_variables_groups_negation_ranges():
    pack, rule = only(
        'alert tcp [$NET,!10.0.0.5] [1024:,!8080] -> !$NET $WEB (content:"a"; sid:1;)',
        NET="[10.0.0.0/24,10.0.2.1]",
        WEB="[80,8000:8001]",
    )
    source = pack.addresses[rule.source].v4
    assert source == (
        (0x0A000000, 0x0A000004),
        (0x0A000006, 0x0A0000FF),
        (0x0A000201, 0x0A000201),
    )
    assert pack.ports[rule.source_ports] == ((1024, 8079), (8081, 65_535))
    assert pack.ports[rule.target_ports] == ((80, 80), (8000, 8001))
    assert pack.addresses[rule.target].v4[0] == (0, 0x09FFFFFF)
    assert pack.addresses[rule.target].v6 == ((b"\0" * 16, b"\xff" * 16),)


def test_default_variables_are_there():
    _, rule = only('alert tcp $EXTERNAL_NET any -> $HTTP_SERVERS $HTTP_PORTS (content:"a"; sid:1;)')
    assert rule.sid == 1


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("alert tcp any any -> any any (sid:1; nosuchword:1;)", "nosuchword"),
        ("alert ip any any -> any any (ip_proto:; sid:1;)", "ip_proto"),
        ('alert ldap any any -> any any (content:"a"; sid:1;)', "ldap"),
        ('alert tcp $NOPE any -> any any (content:"a"; sid:1;)', "NOPE"),
        ('alert tcp any any -> any 99999 (content:"a"; sid:1;)', "99999"),
        ('alert tcp any any -> any any (content:"a";)', "sid"),
        ('alert tcp any any -> any any (content:"a|4|"; sid:1;)', "hexadecimal"),
        ('alert tcp any any -> any any (content:"|41"; sid:1;)', "not closed"),
        ('alert tcp any any -> any any (nocase; content:"a"; sid:1;)', "nocase"),
        ('alert tcp any any -> any any (content:"abc"; depth:2; sid:1;)', "depth"),
        ('alert tcp any any -> any any (content:"abc"; depth:5; within:5; sid:1;)', "relative"),
        ('alert tcp any any -> any any (pcre:"/(/"; sid:1;)', "pcre"),
        ('alert tcp any any -> any any (pcre:"/a/K"; sid:1;)', "flags"),
        ('alert http any any -> any any (http.uri; content:"a"; http.stat_code; content:"200"; sid:1;)', "to_client"),
        ('alert http any any -> any any (flow:to_client; http.uri; content:"a"; sid:1;)', "to_server"),
        ('alert http any any -> any any (http.host; content:"Evil"; sid:1;)', "lower case"),
        ('alert tcp any any -> any any (content:"a"; sid:1) extra', "brackets"),
        ('alert tcp any any -> any any (content:"a" sid:1;)', "quotes"),
        ("alert tcp any any -> any any (byte_test:1,>,nothere,0; sid:1;)", "nothere"),
        ('alert dns any any -> any any (http.uri; content:"a"; sid:1;)', "dns"),
        ("alert http any any -> any any (http.uri; sid:1;)", "nothing is asked"),
        ('alert dns any any -> any any (file_data; content:"a"; sid:1;)', "file.data"),
        ("alert tcp any any -> any any (nocase:yes; sid:1;)", "no value"),
    ],
)
def test_refused_by_name(rule: str, word: str):
    assert word in refused(rule)


def test_a_refused_rule_does_not_take_others_with_it():
    pack = pack_of(
        f'{ONE}\nalert tcp any any -> any any (content:"x"; frobnicate; sid:2;)\n{ONE.replace("sid:1", "sid:3")}\n'
    )
    assert [rule.sid for rule in pack.rules] == [1, 3]
    assert (pack.counts["read"], pack.counts["loaded"], pack.counts["refused"]) == (3, 2, 1)
    assert pack.problems[0].where.line == 2
    assert pack.problems[0].where.rule == "sid 2"


def test_the_newest_revision_of_a_sid_is_kept():
    old, new = ONE.replace("sid:1;", "sid:1; rev:1;"), ONE.replace("sid:1;", "sid:1; rev:2;")
    pack = pack_of(f"{old}\n{new}\n{old}\n")
    assert [rule.rev for rule in pack.rules] == [2]
    assert [problem.where.line for problem in pack.problems] == [1, 3]


def test_wrong_variable_names_are_a_usage_error(tmp_path: Path):
    path = tmp_path / "a.rules"
    path.write_text(ONE)
    with pytest.raises(UsageError):
        load_network_rules([path], {"A B": "any"})


def test_a_variable_that_names_itself_is_refused():
    pack = pack_of('alert tcp $A any -> any any (content:"a"; sid:1;)', {"A": "[$A]"})
    assert "names itself" in pack.problems[0].reason


def test_folders_are_read_and_missing_files_are_an_input_error(tmp_path: Path):
    (tmp_path / "b.rules").write_text(ONE)
    (tmp_path / "notes.txt").write_text("no rules")
    assert load_network_rules([tmp_path]).counts["loaded"] == 1
    with pytest.raises(InputError):
        load_network_rules([tmp_path / "missing.rules"])


def test_cached_rules_are_the_same_and_an_edited_file_is_read_again(tmp_path: Path):
    path, cache = tmp_path / "a.rules", tmp_path / "cache"
    path.write_text(ONE + "\nbroken\n")
    first = load_network_rules([path], cache=cache)
    again = load_network_rules([path], cache=cache)
    assert (first.rules, first.problems, first.digest) == (again.rules, again.problems, again.digest)
    path.write_text(ONE.replace("abc", "abd"))
    assert load_network_rules([path], cache=cache).rules[0].groups[0].ops[0].pattern == b"abd"
    assert load_network_rules([path], {"HOME_NET": "any"}, cache=cache).digest != first.digest


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_the_cache_folder_is_private_and_a_damaged_file_is_not_believed(tmp_path: Path):
    path, cache = tmp_path / "a.rules", tmp_path / "cache"
    path.write_text(ONE)
    load_network_rules([path], cache=cache)
    assert cache.stat().st_mode & 0o077 == 0
    (stored,) = cache.iterdir()
    stored.write_bytes(stored.read_bytes()[:-3] + b"xxx")
    assert load_network_rules([path], cache=cache).rules[0].sid == 1
    cache.chmod(0o755)
    (stored,) = cache.iterdir()
    before = stored.read_bytes()
    path.write_text(ONE + "\n")
    assert load_network_rules([path], cache=cache).counts["loaded"] == 1
    assert [entry.read_bytes() for entry in cache.iterdir()] == [before]  # nothing written to a folder others may read
