"""Package indexes: pages, metadata, archives, transport."""
