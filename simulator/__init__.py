"""A WeChat to run against: demo, tests and benchmarks. Real HTTP, state of its own, scripted faults."""
