"""Small mistakes put into the product one at a time, to see whether a test notices. See README.md."""
