"""One function per use."""
