"""Names of the faults in packets that the decoder notices and `decode-event` may ask for."""

from __future__ import annotations

from typing import Final

DECODE_EVENTS: Final = frozenset(
    [
        "ipv4.pkt_too_small",
        "ipv4.hlen_too_small",
        "ipv4.iplen_smaller_than_hlen",
        "ipv4.frag_overlap",
        "ipv4.frag_pkt_too_large",
        "ipv6.pkt_too_small",
        "ipv6.trunc_exthdr",
        "ipv6.exthdr_useless_fh",
        "ipv6.exthdr_dupl_fh",
        "ipv6.frag_overlap",
        "ipv6.frag_pkt_too_large",
        "ipv6.frag_invalid_length",
        "tcp.pkt_too_small",
        "tcp.hlen_too_small",
        "tcp.opt_invalid_len",
        "tcp.opt_duplicate",
        "tcp.invalid_optlen",  # as in the reference engine, what it means shows as another fault first
        "udp.hlen_too_small",
        "udp.pkt_too_small",
        "icmpv4.pkt_too_small",
        "icmpv6.pkt_too_small",
        "gre.pkt_too_small",
    ]
)

APP_EVENTS: Final = frozenset(
    [
        "http.too_many_encoding_layers",
        "http.request_chunk_extension",
        "http.response_chunk_extension",
        "http.duplicate_content_length_field_in_request",
        "http.duplicate_content_length_field_in_response",
        "http.request_header_host_invalid",
        "http.missing_host_header",
        "http2.authority_host_mismatch",
        "http2.userinfo_in_uri",
        "mqtt.missing_connect",
        "mqtt.missing_publish",
        "mqtt.missing_subscribe",
        "mqtt.missing_unsubscribe",
        "mqtt.double_connect",
        "mqtt.unintroduced_message",
        "mqtt.invalid_qos_level",
        "mqtt.missing_msg_id",
        "mqtt.unassigned_msg_type",
        "dns.z_flag_set",
        "dns.not_a_request",
        "dns.not_a_response",
        "dns.invalid_opcode",
        "dns.malformed_data",
        "http.request_field_too_long",
        "http.response_field_too_long",
        "ftp.request_command_too_long",
        "ftp.response_command_too_long",
        "smtp.invalid_reply",
        "smtp.unable_to_match_reply_with_request",
        "smtp.max_command_line_len_exceeded",
        "smtp.max_reply_line_len_exceeded",
        "smtp.invalid_pipelined_sequence",
        "smtp.bdat_chunk_len_exceeded",
        "smtp.no_server_welcome_message",
        "smtp.tls_rejected",
        "smtp.data_command_rejected",
        "smtp.mime_long_boundary",
        "smtp.duplicate_fields",
        "smtp.unparsable_content",
        "sip.incomplete_data",
        "sip.invalid_data",
        "dhcp.truncated_options",
        "modbus.invalid_protocol_id",
        "modbus.invalid_length",
        "modbus.invalid_function_code",
        "modbus.invalid_value",
        "modbus.invalid_exception_code",
        "modbus.value_mismatch",
        "modbus.unsolicited_response",
        "modbus.flooded",
        "dnp3.flooded",
        "dnp3.len_too_small",
        "dnp3.bad_link_crc",
        "dnp3.bad_transport_crc",
        "dnp3.unknown_object",
        "dnp3.too_many_points",
        "dnp3.too_many_objects",
        "dnp3.too_long_reassembly",
    ]
)

# Other names of the same.
EVENT_ALIASES: Final = {"dnp3.max_points_per_object": "dnp3.too_many_points"}

# Of those that the reference engine has, what the reassembly here knows: the others are refused by name.
STREAM_EVENTS: Final = frozenset(("reassembly_seq_gap", "reassembly_overlap_different_data", "suspected_rst_inject"))
