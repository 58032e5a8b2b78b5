"""The version that a backup names is the one that is released."""

import tomllib
from pathlib import Path

from campaign import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_the_software_and_its_package_have_one_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
