"""`mprelease demo`: everything on this machine, with an embedded Redis and a simulated WeChat."""
