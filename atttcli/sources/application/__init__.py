"""Logs of applications that nobody described: JSON lines, CSV and name=value, with head fields guessed by well-known names."""
