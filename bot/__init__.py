"""The product: ground (models, operations, command, job, config, errors), services, views, listeners."""
