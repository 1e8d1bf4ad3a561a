"""Files of SQL that other tools run in, what they make and where they contradict each other out."""
