"""What weights the training of a user's own model begins with."""

#: The values of `config.model.start`: as the initializers of the layers make
#: them, or as they are.
STARTS = ("fresh", "weights")
