"""What `make dist` builds, installed and used as other people do, in an empty directory with nothing else of ours."""
