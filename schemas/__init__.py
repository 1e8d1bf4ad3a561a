"""The JSON Schemas of the spec documents and of the plan file, read through `importlib.resources`; knows no code."""
