"""The door for programs: one module a resource of the REST API; parse, ask the services, answer with a body."""
