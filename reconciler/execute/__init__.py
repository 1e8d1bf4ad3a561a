"""Carrying a plan out: segments, ledger, fault injection; it is given sessions and plans and decides nothing about
schemas.
"""
