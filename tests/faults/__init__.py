"""The fault suite: waves of releases on real processes while something breaks. Run `python -m tests.faults`."""
