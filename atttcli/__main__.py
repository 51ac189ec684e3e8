"""`python -m atttcli`: the command where no script of that name stands beside the interpreter."""

from atttcli.cli.main import run

if __name__ == "__main__":
    run()
