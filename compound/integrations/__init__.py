"""What plugs into other people's systems; nothing else in this package knows of it."""
