"""What goes past the server: channels of pipes, borrowed items of queues, large payloads."""
