"""The command line: one file per noun, `render` the only door to the screen."""
