"""From names to numbered lines."""
