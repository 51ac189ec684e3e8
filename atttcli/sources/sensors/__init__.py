"""Readers of network sensors and name servers: Zeek, Suricata's fast.log, BIND, dnsmasq, Unbound, Windows DNS."""
