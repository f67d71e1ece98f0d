"""Takes out of the installed dependencies what no function of ours reads: less to unpack at every cold start."""

import shutil
from pathlib import Path

# Every AWS service that the functions call. botocore ships the descriptions of 400 others, 25 MB of them.
AWS_SERVICES = {"chime-sdk-meetings", "dynamodb", "events", "sqs", "sts"}
INSTALLER_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def trim(directory: Path) -> None:
    """Leaves every package importable and its metadata readable."""
    for services in (directory / "botocore" / "data", directory / "boto3" / "data"):
        for entry in services.iterdir():
            if entry.is_dir() and entry.name not in AWS_SERVICES:
                shutil.rmtree(entry)
    for unread in ("bin", "boto3/examples"):
        shutil.rmtree(directory / unread, ignore_errors=True)
    for notes in directory.glob("*.dist-info"):
        for name in INSTALLER_NOTES:
            (notes / name).unlink(missing_ok=True)
    for cache in directory.rglob("__pycache__"):
        shutil.rmtree(cache)
