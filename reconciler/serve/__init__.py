"""HTTP: what a database is like, for people, probes and machines; it asks the workflow and decides nothing itself."""
