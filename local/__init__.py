"""`make run`: the stack that goes to AWS, on this machine. Nothing else imports this package."""
