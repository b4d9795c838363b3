"""`python -m worker` is `mprelease`."""

from worker.cli import main

if __name__ == "__main__":
    main()
