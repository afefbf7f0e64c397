"""What the product costs, beside what it could cost: measured with the real Lambda runtime, without an account."""
