"""`make contracts`: writes the files, and says which ones have changed."""

from contracts.files import write
from contracts.version import write_version

if __name__ == "__main__":
    for path in (*write_version(), *(f"docs/{path}" for path in write())):
        print(path)
