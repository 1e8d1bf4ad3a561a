"""Text that was not made for showing in, the same without passwords out: what looks like one in a URL or a setting."""

from __future__ import annotations

import re

# `scheme://user:password@host`: up to the last @ of the word, because a password may hold one.
_IN_URL = re.compile(r"(://[^\s:/@]*:)\S+(@)")
# `password=`, `sslpassword = '…'`, `PGPASSWORD=`, `'passwd': '…'`, `?auth_token=`; quotes inside of quotes are escaped.
_SETTING = re.compile(
    r"""(?ix) ( (?:password|passwd|passphrase|pwd) (?:["']?\s*= | ["']\s*:) \s* | [?&][^=&\s]*(?:token|secret)= )
        ( '(?:[^'\\]|\\.|'')*+' | "(?:[^"\\]|\\.)*+" | [^\s&]+ )"""
)


def scrubbed(text: str) -> str:
    """Return the text with passwords replaced by asterisks."""
    return _SETTING.sub(r"\1***", _IN_URL.sub(r"\1***\2", text))
