"""What several test modules share: builders, fakes and a loopback package index."""
