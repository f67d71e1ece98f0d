"""`make contracts`: writes the published files, and prints the paths of those that changed."""

from contracts.bruno import write_collection
from contracts.files import write
from contracts.python_client import write_python_client
from contracts.version import write_version

if __name__ == "__main__":
    documents = (f"docs/{path}" for path in write())
    for path in (*write_version(), *documents, *write_python_client(), *write_collection()):
        print(path)
