"""Who a person is that opens the page, and what that person may do."""
