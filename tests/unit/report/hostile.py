"""Names that mean something to whoever reads Markdown, HTML, SQL or a terminal; as data for the tests."""

HOSTILE = [
    "a|b", "a\\|b", "```", "````\n```", "`", "a`b``c", "<b>x</b>", "<!-- x", "--> x", "</details>", "@everyone", "#12",
    "[x](http://evil.example)", "![x](http://evil.example/x.png)", "https://evil.example", "www.evil.example", "**x**",
    "_x_", "a\nb", "a\r\n| x | y |", "\x1b[2J", "$(rm)", ":tada:", "&lt;b&gt;", "<img src=x onerror=alert(1)>", "~~x~~",
    "\u202edcba", " x ", "'; drop table x; --", "x" * 300, "\u6f22\u5b57", "e\u0301", "*/", "- [ ] x", "> x", "# x",
]  # fmt: skip
