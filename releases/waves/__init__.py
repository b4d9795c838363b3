"""Many releases under one name: canary, brake, quota fit, report."""
