"""`python -m bazaar`."""

from bazaar.cli import main

if __name__ == "__main__":
    main()
