"""From changes to an ordered plan with its hazards; it asks rule tables and never a database."""
