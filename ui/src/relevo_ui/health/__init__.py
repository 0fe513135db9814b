"""Which services are well. Every figure comes from the service itself or from the page's own looks at it."""
