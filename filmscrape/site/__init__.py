"""The catalogue: a dataset as a website that works from a folder, with no server and no network."""
