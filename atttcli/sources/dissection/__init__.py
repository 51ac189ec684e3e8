"""One packet and its flow, for a person: frames of a flow out of a capture, a packet layer by layer (scapy), a small pcap."""
