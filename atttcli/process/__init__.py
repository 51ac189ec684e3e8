"""The only room that starts another program: argument lists, bounded time and output, never a shell of ours."""
