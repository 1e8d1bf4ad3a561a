"""Schedules in, commands that are run when it is time and people who are told out; it opens no database itself."""
