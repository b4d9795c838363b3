"""What people do on the page: each act shows first what it touches, with its number, and what is left as it is, and why.

What only makes things safer asks nothing, what goes on asks once, and what goes on for a whole wave asks for its name.
"""
