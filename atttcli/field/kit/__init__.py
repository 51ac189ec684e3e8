"""The kit on its stick: what it is, whether it is still whole, a scan of the machine it is plugged into, the bundle.

Started by `atttcli/field/main.py` with nothing of this project around it but floor 0. Python 3.8-clean.
"""
