"""The dataset in the shapes that people work with; a format is a module with a function ``write``."""
