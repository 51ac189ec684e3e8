"""The domain's values: frozen, without I/O. Import the module you need; this package imports nothing."""
