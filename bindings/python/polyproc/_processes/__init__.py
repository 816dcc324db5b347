"""What a child takes over from its parent, and how it runs."""
