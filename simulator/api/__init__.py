"""WeChat's side of the simulator: the calls by family."""
