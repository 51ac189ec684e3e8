"""What a machine without Python is looked at with: a POSIX shell and a PowerShell 2 script, and the lists that they read."""
