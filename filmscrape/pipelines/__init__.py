"""What happens to an item: validate, dedupe, write; one job a file."""
