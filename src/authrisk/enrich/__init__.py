"""What an address and a user agent say by themselves, from local tables only."""
