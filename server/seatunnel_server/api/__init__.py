"""The operations of the contract: handlers, validation, and responses made from the response schemas."""
