"""HTTP: the API for programs, and the receiver of what WeChat pushes."""
