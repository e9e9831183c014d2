"""Put requirements into a manifest, or take them out, and leave every other byte as it is.

TOML is edited by spans: `spans` says where each key, value and item stands, `splices` replaces pieces of the
text, and the result is parsed and compared with what it has to say.
"""
