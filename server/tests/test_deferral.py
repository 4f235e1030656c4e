import subprocess
import sys

import pytest

SEEN = "import sys, {module}; print([name for name in {names!r} if name in sys.modules])"


def imported(module: str, *names: str) -> str:
    command = [sys.executable, "-W", "error", "-c", SEEN.format(module=module, names=names)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


@pytest.mark.slow
def test_server_starts_without_the_libraries_that_only_some_requests_need():
    """Each takes a tenth of a second or more to import, and the server is to start within one."""
    unused = ("httpx", "httpx2", "requests", "sqlglot", "jsonpath", "starlette.testclient")
    assert imported("seatunnel_server.serving.process", *unused) == "[]"


@pytest.mark.slow
def test_http_client_imported_after_connexion_is_the_real_one():
    assert imported("seatunnel_server.serving.process, httpx; httpx.URL('http://x').host", "httpx") == "['httpx']"
