"""Backups as files: a folder with what a database's own means wrote, and a manifest; no database is opened."""
