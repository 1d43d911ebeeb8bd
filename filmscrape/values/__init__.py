"""What words mean: pure functions, text → value, one kind of value a module."""
