"""The centre's keys: made, locked, rotated, trusted, revoked; detached signatures of files, each for one purpose."""
