"""`make contracts`: writes the files, and says which ones have changed."""

from contracts.files import write

if __name__ == "__main__":
    for path in write():
        print(f"docs/{path}")
