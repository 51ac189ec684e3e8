"""The evidence vault and its chain of custody."""
