"""What goes past the server: pipes' channels, and items that are taken ahead."""
