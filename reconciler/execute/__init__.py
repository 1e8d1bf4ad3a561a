"""Carrying a plan out: segments, ledger, fault injection; nothing about schemas is decided here."""
