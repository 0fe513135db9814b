"""What the model registry says, and how often we ask."""
