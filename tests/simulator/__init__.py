"""The simulator's own tests: real boto3 clients against real sockets."""
