"""`python -m server` is `parley`."""

from server.cli import main

if __name__ == "__main__":
    main()
