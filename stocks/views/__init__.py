"""Pages and actions: HTTP and nothing else."""
