"""One import, from the first lock to the last check; what it takes out of the way, and puts back."""
