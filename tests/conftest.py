"""Every test has its own home, and the committed key: its output is the same everywhere."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    for name, value in {
        "HOME": folder,
        "XDG_CONFIG_HOME": folder / "config",
        "XDG_DATA_HOME": folder / "data",
        "XDG_CACHE_HOME": folder / "cache",
        "PULLSTATS_KEY_FILE": TESTS / "key",
        "PULLSTATS_STORE": folder / "store",
    }.items():
        monkeypatch.setenv(name, str(value))
    for name in ("PULLSTATS_CONFIG", "PULLSTATS_TZ", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    return folder
