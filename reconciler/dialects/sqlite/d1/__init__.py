"""Cloudflare D1: `dialect.py` assembles it of SQLite's parts and of those beside it."""
