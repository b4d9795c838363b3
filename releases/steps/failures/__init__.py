"""What follows a failure of a step: another try, a pause until a moment, or a stop for people."""
