"""What comes from other hosts by whatever carries a file: bundles of kits."""
