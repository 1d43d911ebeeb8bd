"""What the speed claims rest on: ``python -m benchmarks`` measures and prints; nothing here is a test."""
