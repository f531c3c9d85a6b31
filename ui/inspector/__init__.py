"""What a conversation holds and costs, beside it."""
