"""What distinct texts say: agents, paths, addresses."""
