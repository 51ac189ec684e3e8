"""Modbus, DNP3 and EtherNet/IP: each form of their options, met and not met, and recognition by what stands on the wire."""

from __future__ import annotations

import struct

import pytest

from atttcli.engines.network.messages import MAX_MESSAGE
from atttcli.engines.network.protocols import message_app, recognise_stream
from tests.support import network_plants as plants
from tests.support.network_run import detections, pack_of, sids
from tests.support.network_wire import udp_frame

MODBUS = plants.talk(
    502,
    *plants.SOUND,
    (0, plants.modbus(struct.pack(">BHH", 5, 9, 0xFF00), transaction=4)),  # coil 10 on
    (0, plants.modbus(struct.pack(">BHHB", 15, 19, 10, 2) + b"\xcd\x01", transaction=5)),  # coils 20 to 29
    (0, plants.modbus(struct.pack(">BHHH", 22, 4, 0xF2, 0x25), transaction=6)),  # mask write of holding 5
    (0, plants.modbus(struct.pack(">BHHHHB", 23, 3, 6, 14, 1, 2) + b"\0\xff", transaction=7)),  # read 4 to 9, write 15
    (0, plants.modbus(b"\x41\x01", transaction=8)),  # user defined
    (0, plants.modbus(b"\x5a\x01", transaction=9)),  # reserved
)


@pytest.mark.parametrize(
    ("asked", "times"),
    [
        ("function 4", 1),
        ("function 3", 0),
        ("function 8, subfunction 4", 1),
        ("function 8, subfunction 1", 0),
        ("function assigned", 7),
        ("function public", 7),
        ("function !public", 2),
        ("function user", 1),
        ("function reserved", 1),
        ("function !reserved", 8),
        ("function unassigned", 0),
        ("function all", 9),
        ("unit 5, function 4", 1),
        ("unit 6, function 4", 0),
        ("unit >4", 9),
        ("unit 4<>6", 9),
        ("unit <5", 0),
        ("access read", 2),
        ("access read input", 1),
        ("access read coils", 0),
        ("access read input, address 8", 1),
        ("access read input, address 9", 0),
        ("access read input, address <2", 1),
        ("access read input, address 0<>2", 1),
        ("access read input, address 8<>20", 0),
        ("access write", 5),
        ("access write coils", 2),
        ("access write holding, address 501", 1),
        ("access write holding, address 502", 0),
        ("access write holding, address 501, value 300", 1),
        ("access write holding, address 500, value 300", 0),
        ("access write holding, address 500, value >6", 1),
        ("access write holding, address 400<>600, value 6<>8", 1),
        ("access write coils, address 10, value 1", 1),
        ("access write coils, address 10, value 0", 0),
        ("access write coils, address 21, value 0", 1),
        ("access write coils, address 28, value 1", 1),
        ("access write coils, address 29, value 1", 0),
        ("access write holding, address 15, value 255", 1),
        ("unit 5, access write holding, address 5", 1),
    ],
)
def test_modbus(asked: str, times: int):
    assert len(sids(f"alert modbus any any -> any any (modbus: {asked}; sid:1;)", MODBUS)) == times


@pytest.mark.parametrize(
    "asked",
    ["", "speed 3", "function", "function 4, address 3", "access write input", "access read, address 5", "unit 300",
     "access read coils, address 5, value 1", "access write coils, value 1", "access write coils, address 9<>9",
     "function 4, subfunction"],
)  # fmt: skip
def test_modbus_that_means_nothing_is_refused(asked: str):
    pack = pack_of(f"alert modbus any any -> any any (modbus: {asked}; sid:1;)")
    assert not pack.rules
    assert [problem.refused for problem in pack.problems] == [True]


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ("dnp3_func:select;", 1),
        ("dnp3_func:3;", 1),
        ("dnp3_func:129;", 1),
        ("dnp3_func:cold_restart;", 0),
        ("dnp3_ind:device_restart;", 1),
        ("dnp3_ind:need_time,local_control;", 1),
        ("dnp3_ind:need_time; dnp3_ind:local_control;", 0),
        ("dnp3_ind:no_func_code_support;", 0),
        ("dnp3_obj:12,1;", 2),
        ("dnp3_obj:60,2;", 1),
        ("dnp3_obj:30,5;", 1),
        ("dnp3_obj:30,4;", 0),
        ('dnp3_data; content:"|c3 03 0c 01|"; startswith; bsize:23;', 1),
        ('flow:to_client; dnp3_data; content:"|c3 03|";', 0),
    ],
)
def test_dnp3(options: str, times: int):
    assert len(sids(f"alert dnp3 any any -> any any ({options} sid:1;)", plants.dnp3_talk())) == times


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ("enip_command:99;", 2),
        ("enip_command:list_identity;", 2),
        ("enip_command:send_unit_data;", 0),
        ("enip.status:unsupported_protocol;", 1),
        ("cip_service:16;", 2),
        ("cip_service:16,246;", 2),
        ("cip_service:16,246,6;", 2),
        ("cip_service:16,246,5;", 0),
        ("cip_service:75;", 1),
        ("cip_service:75,103;", 1),
        ("cip_service:75,246;", 0),
        ("enip.cip_instance:2;", 1),
        ("enip.cip_status:5;", 1),
        ('enip.product_name; content:"Hue";', 1),
        ("enip.revision:1795;", 1),
    ],
)
def test_enip(options: str, times: int):
    assert len(sids(f"alert enip any any -> any any ({options} sid:1;)", plants.enip_talk())) == times


def test_datagrams():
    rules = "alert enip any any -> any any (enip_command:99; sid:1;)\nalert dnp3 any any -> any any (dnp3_func:select; sid:2;)"
    assert sids(
        rules, [udp_frame(plants.enip(0x63), dport=44_818), udp_frame(plants.dnp3(plants.SELECT), dport=20_000)]
    ) == [1, 2]


def test_what_is_recognised():
    ports = (40_000, 20_001)
    assert recognise_stream(0, plants.dnp3(plants.SELECT), ports) == "dnp3"
    assert recognise_stream(0, b"\x05\x64" + bytes(20), ports) is None
    assert recognise_stream(0, plants.READ, (40_000, 502)) == "modbus"
    assert recognise_stream(0, plants.READ, ports) is None
    assert recognise_stream(0, plants.enip(0x63), (40_000, 44_818)) == "enip"
    assert recognise_stream(0, b"GET / HTTP/1.1\r\n" + bytes(9), (40_000, 44_818)) is None


def test_an_alert_says_what_it_is_of():
    told = detections("alert modbus any any -> any any (modbus: function 16; sid:1;)", MODBUS)
    assert [one.detail["app_proto"] for one in told] == ["modbus"]


@pytest.mark.parametrize("app", ["modbus", "dnp3", "enip"])
def test_a_message_without_end_is_bounded(app: str):
    parser = message_app(app, framed=True)
    assert parser is not None
    head = {"modbus": b"\0\1\0\0\xff\xff\5\4", "dnp3": b"\x05\x64\xff\xc4\1\0\x0a\0\0\0", "enip": b"\x63\0\xff\xff"}[
        app
    ]
    for _ in range(40):
        parser.feed(0, head + bytes(100_000))
    assert parser.memory <= MAX_MESSAGE + 200_000


@pytest.mark.parametrize("head", [b"\x0a\x00", b"\x8a\0\0\0"], ids=["asked", "answered"])
def test_services_within_services_are_bounded(head: bytes):
    """Packets of several, each naming the same place in itself many times."""
    body = b"\x4b\x00"
    for _ in range(4):
        places = [2 + 2 * 62, 2 + 2 * 62 + len(body)] * 31
        body = head + struct.pack("<H62H", 62, *places) + body
    parser = message_app("enip", framed=True)
    assert parser is not None
    (view,) = parser.feed(0, plants.sent(body))
    assert len(view.read("cip_service")) + len(view.read("enip.cip_status")) <= 64
    assert parser.feed(0, plants.sent(head + b"\0\0")) != []


@pytest.mark.parametrize("coils", [[1] * 1968, [0, 1] * 60, [0] * 900 + [1] + [0] * 900, [1]])
def test_coils_that_are_written_one_by_one_and_many_at_once(coils: list[int]):
    packed = bytes(sum(bit << n for n, bit in enumerate(coils[at : at + 8])) for at in range(0, len(coils), 8))
    said = plants.modbus(struct.pack(">BHHB", 15, 99, len(coils), len(packed)) + packed)
    rule = "alert modbus any any -> any any (modbus: access write coils, address {}, value {}; sid:1;)"
    for place in {0, len(coils) // 2, len(coils) - 1}:
        for value in (0, 1):
            found = sids(rule.format(100 + place, value), plants.talk(502, (0, said)))
            assert bool(found) is (coils[place] == value)
    for outside in ("<100", f">{99 + len(coils)}"):
        assert not sids(rule.format(outside, "<2"), plants.talk(502, (0, said)))


def test_coils_that_alternate_without_end_are_all_looked_at():
    said = plants.modbus(struct.pack(">BHHB", 15, 0, 1968, 246) + b"\x55" * 246)
    rule = "alert modbus any any -> any any (modbus: access write coils, address 1967, value 1; sid:1;)"
    assert sids(rule, plants.talk(502, (0, said))) == [1]
