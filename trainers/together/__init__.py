"""Many trainings of one structure as one program."""
