"""Builders of papers: the workspace in, a `Paper` out. `catalog` says which there are."""
