"""Scans of this machine's files: bounded, incremental, with a complete account; with or without a workspace."""
