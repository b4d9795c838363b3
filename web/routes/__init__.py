"""The routes of the API, one module for each kind of thing; each makes a router of what it is given."""
