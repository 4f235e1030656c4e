"""The command `seatunnel-v2`: turns options into plans and hands them to the contract, the server and the suite."""
