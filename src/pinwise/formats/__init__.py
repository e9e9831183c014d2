"""Text to values and back: manifests in, locks and the report out. No files are opened here."""
