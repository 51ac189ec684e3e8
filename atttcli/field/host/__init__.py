"""Checks of the host beside its files: what runs, what starts by itself, who may log on, where names lead. Read-only.

One small module each; `catalogue` names them all, `run` runs them under bounds. Python 3.8-clean.
"""
