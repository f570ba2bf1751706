"""What is said at set times, whatever happens to cases: definitions of administrators, and service days."""
