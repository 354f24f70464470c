"""What needs a server with pg_cron or TimescaleDB; `make test-servers` starts one, and no other run collects this."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("WORKBENCH_TEST_SERVER_URL") else ["test_*.py"]
