"""Declared data work: in transactions that hold their own cursor, stopped and gone on with, and verified."""
