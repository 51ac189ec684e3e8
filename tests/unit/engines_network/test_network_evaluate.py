from __future__ import annotations

import pytest

from atttcli.engines.network.evaluate import compile_ops
from atttcli.engines.network.judgement import MAX_TRIES, Run, Text
from atttcli.rulepack.network.values import Op
from tests.support.network_run import pack_of


def ops(options: str) -> tuple[Op, ...]:
    pack = pack_of(f"alert udp any any -> any any ({options} sid:1;)")
    assert not pack.problems, pack.problems
    return pack.rules[0].groups[0].ops


def matches(options: str, data: bytes) -> bool:
    return compile_ops(ops(options))(Text(data), 0, Run())


@pytest.mark.parametrize(
    ("options", "data", "wanted"),
    [
        ('content:"b"; offset:1; depth:1;', b"abc", True),
        ('content:"c"; offset:1; depth:1;', b"abc", False),
        ('content:"ab"; content:"ab"; distance:0;', b"abab", True),
        ('content:"ab"; content:"ab"; distance:0;', b"ab", False),
        ('content:"a"; content:"c"; within:1;', b"a-ac", True),  # the first a fails, the second succeeds
        ('content:"a"; content:"b"; distance:1; within:1;', b"axb", True),
        ('content:"a"; content:"b"; distance:1; within:1;', b"axxb", False),
        ('content:"abc"; content:"b"; distance:-2; within:1;', b"abc", True),
        ('content:"a"; content:!"b"; within:1;', b"abac", True),
        ('content:"a"; content:!"b"; within:1;', b"abab", False),
        ('content:!"x";', b"abc", True),
        ('content:!"x"; offset:10;', b"axc", True),  # beyond the end: a negated content is true there
        ('content:!"c"; depth:2;', b"abc", True),
        ('content:"c"; endswith;', b"cabc", True),
        ('content:"c"; endswith;', b"cab", False),
        ('content:"a"; content:"c"; distance:1; endswith;', b"abc", True),
        ('content:"ab"; startswith;', b"xab", False),
        ('content:"AB"; nocase;', b"xaB", True),
        ('content:"a|00|b";', b"xa\0b", True),
        ('content:"a"; isdataat:2,relative;', b"abc", True),
        ('content:"a"; isdataat:3,relative;', b"abc", False),
        ('content:"a"; isdataat:!1,relative;', b"ba", True),
        ('isdataat:2; content:"a";', b"abc", True),
        ('isdataat:3; content:"a";', b"abc", False),
        ('content:"a"; pcre:"/^b+c/R";', b"abab-abbc", True),
        ('content:"a"; pcre:"/^b+c/R";', b"xxbbc", False),
        ('pcre:"/a/"; content:"b"; within:1;', b"a-ab", True),
        ('pcre:!"/evil/i"; content:"a";', b"a", True),
        ('pcre:!"/evil/i"; content:"a";', b"aEVIL", False),
        ('pcre:"/(?<=x)y(?!z)/"; content:"y";', b"yz xy", True),
        ('content:"L"; byte_test:2,>,255,0,relative;', b"L\x01\x00", True),
        ('content:"L"; byte_test:2,>,255,0,relative,little;', b"L\x01\x00", False),
        ('content:"L"; byte_test:1,&,0x80,0,relative;', b"L\x81", True),
        ('content:"L"; byte_test:1,!&,0x80,0,relative;', b"L\x81", False),
        ('content:"n="; byte_test:3,=,123,0,relative,string,dec;', b"n=123", True),
        ('content:"n="; byte_test:0,>,99,0,relative,string,dec;', b"n=100&", True),
        ('content:"L"; byte_jump:1,0,relative; content:"x"; within:1;', b"L\x02..x", True),
        ('content:"L"; byte_jump:1,0,relative; content:"x"; within:1;', b"L\x03..x.", False),
        ('byte_extract:1,0,n; content:"x"; offset:n; depth:1;', b"\x03..x", True),
        ('byte_extract:1,0,n; content:"x"; offset:n; depth:1;', b"\x02..x", False),
        (
            'content:"a"; content:"b"; distance:0; content:"c"; within:1; content:"d"; within:1;',
            b"a b b bc a bcd",
            True,
        ),
    ],
)
def test_semantics(options: str, data: bytes, wanted: bool):
    assert matches(options, data) is wanted


def test_pathological_rules_stop():
    options = 'content:"a";' + ' content:"a"; distance:0;' * 12 + ' content:"b"; distance:0;'
    run = Run()
    assert compile_ops(ops(options))(Text(b"a" * 5000), 0, run) is False
    assert run.gave_up and run.tries <= MAX_TRIES + 20


def test_catastrophic_regular_expressions_stop():
    run = Run()
    assert compile_ops(ops(r'content:"a"; pcre:"/(a+)+(b+)+$/";'))(Text(b"a" * 3000 + b"!"), 0, run) is False
