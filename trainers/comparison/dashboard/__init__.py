"""The folder of a comparison that TensorBoard shows."""
