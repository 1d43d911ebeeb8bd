"""What a person looks at: how a run went, and how all of them went, as one HTML file each."""
