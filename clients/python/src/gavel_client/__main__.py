"""`python -m gavel_client` is `gavel`."""

from .cli import main

if __name__ == "__main__":
    main()
