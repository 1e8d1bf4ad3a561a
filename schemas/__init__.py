"""The JSON Schemas of spec documents and of the plan file; data only."""
