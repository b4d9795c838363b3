"""What `mprelease doctor` looks at, one file for each part of the platform."""
