"""Hunting in kept events: Parquet derived from the segments, asked by DuckDB (docs/hunt.md, decisions 0242-0244)."""
