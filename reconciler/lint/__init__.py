"""A declared model in, what is legal there and yet unwise out: rules that need no database."""
