"""What WeChat's answers say of one Mini Program: a value for each, and how it is read. What can't be read is no answer."""
