"""What can be seen inside a model: gradients, the loss, time."""
