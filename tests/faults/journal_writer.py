"""A process that appends to a journal and says on stdout what was acknowledged, until something stops it.

Arguments: database, number of entries (0: for ever), largest file in bytes (0: no limit). Each line: place in the journal,
hash, and how many microseconds the decision took from the wish to the acknowledgement.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from atttcli.errors import AtttError
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store


def main(path: str, count: int, largest: int) -> int:
    try:
        with Store(Path(path)) as store:
            if largest:
                import resource

                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
            journal = Journal(store, f"writer-{os.getpid()}")
            done = 0
            while not count or done < count:
                began = time.monotonic()
                with journal.transaction() as db:
                    before = int(store.meta("counter") or 0)
                    db.execute("INSERT OR REPLACE INTO meta VALUES ('counter', ?)", (str(before + 1),))
                    body = {"cidr": f"192.0.2.{done % 256}/32", "note": "x" * 700}
                    entry = journal.append("network.learned", f"a-{os.getpid()}-{done}", body)
                took = int((time.monotonic() - began) * 1e6)
                os.write(1, f"{entry.seq} {entry.hash} {took}\n".encode())
                done += 1
    except AtttError as error:
        os.write(2, f"{type(error).__name__}: {error.message}\n".encode())
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
