"""`make run`: deploys the stack that goes to AWS on this machine. No other package imports this one."""
