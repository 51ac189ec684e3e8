"""Coordination playbooks: read, check, and run without I/O."""
