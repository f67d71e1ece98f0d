"""What Gavel saves, measured against what one would write by hand: `make bench`.

Both sides run in the same process against the same simulator, so ratios mean something and seconds do not.
"""
