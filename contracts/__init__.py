"""What others build on, as files in `docs`: made from the code by `make contracts`, held against it by the tests."""
