"""Readers of firewalls and routers. `bodies.understand` says what a syslog message of any of them means."""
