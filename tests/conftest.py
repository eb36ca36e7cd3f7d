"""What all tests share: an environment of their own, repeatable properties, the browser's path."""

import os
import shutil

import pytest
from hypothesis import settings

# A developer's own settings must not reach a test.
for name in [name for name in os.environ if name.startswith("CHERTLOG_")]:
    del os.environ[name]
# One key for all databases, so that two of them can be compared.
os.environ["CHERTLOG_PSEUDONYM_KEY"] = "0123456789abcdef0123456789abcdef"

# No deadline: the time one example takes says more about the neighbours on a shared machine than
# about the code. In CI the examples are the same in every run.
settings.register_profile("chertlog", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("chertlog")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium that browser tests drive, for Playwright's `executable_path`."""
    path = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if path is None:
        pytest.fail("no Chromium: `make test` installs one, CHROMIUM=/path/to/chromium names one")
    return path
