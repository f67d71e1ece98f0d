"""The hosts' REST API: turns HTTP into commands and questions, and what comes back into HTTP."""
