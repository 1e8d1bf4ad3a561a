"""From a declared model and a look at a database to a plan with its hazards: what every dialect goes through alike."""
