"""Models in, pictures of them out: what is drawn, where it goes, and the formats in which it is written."""
