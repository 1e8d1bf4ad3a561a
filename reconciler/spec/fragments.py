"""The little that is asked of SQL text before anything parses it: are its parentheses balanced, which words are in it.

It skips what is quoted or commented and knows no dialect beyond that. Backslashes escape in MySQL's strings and nowhere
else, so a text is unbalanced only when it is so under both readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_CLOSING: Mapping[str, str] = {"'": "'", '"': '"', "`": "`", "--": "\n", "/*": "*/", "$$": "$$"}
_STARTS = frozenset("'\"`-/$")


def unbalanced(text: str) -> int | None:
    """Return the offset of a parenthesis that has no partner, None when all have one."""
    if "(" not in text and ")" not in text:
        return None
    plain = _unpartnered(text, "")
    return plain if plain is None or "\\" not in text else _unpartnered(text, "\\")


def words(text: str) -> set[str]:
    """Return the words outside of strings and comments, quoted names included."""
    found: set[str] = set()
    word = ""
    for offset, end in _bare(text + " ", ""):
        if end > offset + 1:
            if text[offset] in '"`':
                found.add(text[offset + 1 : end - 1])
            word = _noted(found, word)
        elif (text + " ")[offset].isalnum() or (text + " ")[offset] in "_$":
            word += text[offset]
        else:
            word = _noted(found, word)
    return found


def _noted(found: set[str], word: str) -> str:
    if word:
        found.add(word)
    return ""


def _unpartnered(text: str, escape: str) -> int | None:
    opened: list[int] = []
    for offset, end in _bare(text, escape):
        if end > offset + 1:
            continue
        if text[offset] == "(":
            opened.append(offset)
        elif text[offset] == ")":
            if not opened:
                return offset
            opened.pop()
    return opened[-1] if opened else None


def _bare(text: str, escape: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each bare character and of each quoted or commented stretch."""
    offset = 0
    while offset < len(text):
        opening = text[offset] if text[offset] in "'\"`" else text[offset : offset + 2]
        end = offset + 1
        if text[offset] in _STARTS and opening in _CLOSING:
            end = _end(text, offset + len(opening), _CLOSING[opening], escape if opening in "'\"" else "")
        yield offset, end
        offset = end


def _end(text: str, start: int, closing: str, escape: str) -> int:
    while True:
        found = text.find(closing, start)
        if found < 0:
            return len(text)
        backslashes = len(text[start:found]) - len(text[start:found].rstrip("\\")) if escape else 0
        if backslashes % 2 == 0:
            return found + len(closing)
        start = found + len(closing)
