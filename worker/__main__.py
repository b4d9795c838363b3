"""`python -m worker` is `mprelease`."""

from cli import main

if __name__ == "__main__":
    main()
