"""`python -m atttcli.field`: the kit's entry, see `main`."""

from __future__ import annotations

import sys

from atttcli.field.main import main

sys.exit(main())
