"""Pictures of the dependency graph: what is drawn, and a module for each format."""
