"""Redis itself, knowing nothing of ours: scripts, confirmed writes, the clock."""
