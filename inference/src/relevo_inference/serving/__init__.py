"""Models: checked, loaded, swapped, and asked."""
