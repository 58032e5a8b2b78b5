"""Texts to try the markup with: one that uses everything, and a strategy for hostile ones."""

from hypothesis import strategies as st

EVERYTHING = """\
### Why we write

A fact[^fact] and **another** one^[Told *orally*.], see [our page](https://example.org/a?b=1&c=2),
[nothing yet](#) or <mail@example.org>.\\
A second line, ~~struck out~~, `code`, and the fact[^fact] again.

[^fact]: A note with [a link](http://example.org).

    Its second paragraph.

# What we ask

- first
  1. inner one
  2. inner two
- second

3. third
4. fourth

> Quoted
>
> - with a list

| Year | Victims |
|------|--------:|
| 2020 | 7,073   |

    code block

---

Last words.
"""

#: Pieces of markup of every kind, so that hypothesis soon nests and breaks them.
PIECES = [
    "*", "**", "_", "~~", "`", "```\n", "[", "](", ")", "](#)", "](https://x.org)", "![", "<", ">",
    "<b>", "<https://x.org>", "[^1]", "[^1]: ", "^[", "]", "\n", "\n\n", "  \n", "    ", "\t", "# ",
    "### ", "- ", "1. ", "9. ", "> ", "---\n", "|", "|-|-|\n", "&amp;", "&#0;", "&#x202e;", "\\",
    '"', "'", "#let x = 1", "#", "$", "@ref", "//", "/*", "*/", "<label>", "{", "}", "--", "...",
    "\x00", "\x0b", "\u2028", "\ufeff", "\u00ad", "\u200d", "é", "ش", "字", "😀", "a", "word ",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=200)
