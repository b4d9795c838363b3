"""The page for people: screens that are rendered on the server, a module for each. A new router is named in `web.page.routers`."""
