"""The webhook: programs are told of the releases and waves that have changed."""
