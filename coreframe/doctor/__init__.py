"""What is wrong with what is installed, found without importing any of it; torch-free."""
