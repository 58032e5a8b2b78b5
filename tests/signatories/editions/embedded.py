"""Reads which characters the fonts within typst's binary have, because typst does not say.

`python -m tests.signatories.editions.embedded` writes signatories/editions/embedded_fonts.py
anew: to be done when a new version of typst brings other fonts, which a test notices.
"""

import io
import struct
from pathlib import Path

import typst
from fontTools.ttLib import TTFont

from signatories.editions import embedded_fonts

ENTRY = struct.Struct(">4sLLL")  # an OpenType table record: tag, checksum, offset, length
#: typst has a font for these and yet finds none for them in italics.
MISSED = set(map(ord, "☇☈⚰⚱✕✖✧✩"))
HEADER = '''"""Characters of the fonts that are built into typst, which does not tell them itself.

Written by `python -m tests.signatories.editions.embedded` from typst's own binary. Code points in
hexadecimal; "a-b" is a range.
"""

'''


def carve() -> dict[str, list[set[int]]]:
    """The characters of each font built into typst, by family."""
    package = Path(typst.__file__).parent
    library = next(path for path in package.iterdir() if path.suffix in {".so", ".pyd"})
    data = library.read_bytes()
    found: dict[str, dict[str, set[int]]] = {}
    for magic in (b"OTTO", b"\x00\x01\x00\x00"):
        start = data.find(magic)
        while start >= 0:
            if end := _end_of_font(data, start):
                font = TTFont(io.BytesIO(data[start:end]), lazy=True)
                name = font["name"]
                family = name.getDebugName(16) or name.getDebugName(1)
                family = family.replace("NewComputerModern", "New Computer Modern")  # as typst does
                found.setdefault(family, {})[name.getDebugName(4)] = set(font.getBestCmap())
            start = data.find(magic, start + 4)
    return {family: list(fonts.values()) for family, fonts in found.items()}


def _end_of_font(data: bytes, start: int) -> int:
    """Where the font that starts here ends, or 0 if none does."""
    (tables,) = struct.unpack_from(">H", data, start + 4)
    if not 8 < tables < 40:
        return 0
    records = [ENTRY.unpack_from(data, start + 12 + 16 * n) for n in range(tables)]
    if not {b"cmap", b"name", b"head"} <= {record[0] for record in records}:
        return 0
    return start + max(int(offset + length) for _, _, offset, length in records)


def ranges(characters: set[int]) -> str:
    """The code points as text, runs of them as ranges."""
    runs: list[list[int]] = []
    for point in sorted(characters):
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in runs)


def module() -> str:
    """The source of embedded_fonts.py."""
    fonts = sorted(carve().items())
    every = {family: set.intersection(*cmaps) - MISSED for family, cmaps in fonts}
    some = set.union(*(cmap for _, cmaps in fonts for cmap in cmaps)) - MISSED
    lines = [
        HEADER,
        "#: What each style of a family has, bold and italic included.\n",
        "EVERY = {\n",
    ]
    for family, characters in every.items():
        lines += [f'    "{family}": (\n', *_wrapped(ranges(characters), " " * 8), "    ),\n"]
    lines += ["}\n", "#: What at least one font has.\n", "SOME = (\n"]
    lines += [*_wrapped(ranges(some), " " * 4), ")\n"]
    return "".join(lines)


def _wrapped(text: str, indent: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(indent) + len(line) + len(word) > 95:
            lines.append(line)
            line = ""
        line += word + " "
    return [f'{indent}"{line}"\n' for line in [*lines, line.rstrip()]]


if __name__ == "__main__":
    Path(embedded_fonts.__file__).write_text(module())
