"""What surrounds the text that is being written: drafts, earlier and saved prompts, its count."""
