"""Values on the wire: msgpack, pickles, handles, failures."""
