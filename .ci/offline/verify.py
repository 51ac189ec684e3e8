"""Whether a maker's key signed a list of digests: `verify.py SHA256SUMS KEY.pub [FINGERPRINT]`, by a Python that has atttcli."""

import sys
from pathlib import Path

from atttcli.errors import AtttError
from atttcli.signing.files import INSTALLER, read_public, verify_file


def main(sums: str, public: str, fingerprint: str = "") -> int:
    try:
        key = read_public(Path(public).read_bytes())
        verify_file(Path(sums), [key], INSTALLER)
    except (AtttError, OSError) as error:
        print(f"verify: {str(error)!a}", file=sys.stderr)
        return 7
    if fingerprint and "".join(fingerprint.split()) != key.fingerprint.replace(" ", ""):
        print(f"verify: the maker's fingerprint is {key.fingerprint}", file=sys.stderr)
        return 7
    print(f"signed with the key {key.fingerprint}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
