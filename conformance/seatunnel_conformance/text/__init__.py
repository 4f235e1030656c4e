"""What texts and JSON documents need everywhere: secrets hidden, differences found."""
