"""What a model keeps of tokens that it has read, found again by those tokens: the snapshot tree."""
