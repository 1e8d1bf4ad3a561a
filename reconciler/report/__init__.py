"""Plans, findings and outcomes in, text for people and data for machines out; it decides nothing."""
