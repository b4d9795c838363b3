"""The receiver of WeChat's pushes: it verifies, stores, answers. It has no AppSecret, calls nobody, and shows no page."""
