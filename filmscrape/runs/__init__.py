"""What a run leaves behind: its folder, its counts, its outcome, and the published dataset."""
