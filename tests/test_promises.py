"""Each promise of docs/promises.md names a test that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    line for line in (ROOT / "docs/promises.md").read_text().splitlines() if line.startswith("|")
]
HELD_BY = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PROMISES = [row for row in ROWS if not re.match(r"\| (Promise|---)", row)]


@cache
def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row.split("|")[1].strip()[:60])
def test_every_promise_is_held_by_a_test_that_exists(row: str) -> None:
    named = HELD_BY.findall(row)
    assert named
    for path, name in named:
        assert name.startswith("test_")
        assert name in names_in(ROOT / path)
