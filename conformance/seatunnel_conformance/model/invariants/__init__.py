"""What has to hold after every command of every history."""
