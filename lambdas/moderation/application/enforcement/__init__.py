"""Apply and settle: makes Chime hold what the rules say."""
