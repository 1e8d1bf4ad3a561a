"""The vocabulary of a schema: addresses, objects, models and changes; it knows no database and no file format."""
