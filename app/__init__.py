"""What the assistant does: chats, models, settings, use cases and the `eremo` command. No Qt."""
