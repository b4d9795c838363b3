"""The release: its record, its lease, its three steps and the chain that orders them."""
