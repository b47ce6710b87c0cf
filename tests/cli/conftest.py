"""Every test works in a folder of its own, with a small log in it."""

from pathlib import Path

import pytest

from tests.cli.support import log


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with access.log of 120 lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "access.log").write_text(log(0, 120))
    return tmp_path
