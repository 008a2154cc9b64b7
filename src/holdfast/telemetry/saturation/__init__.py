"""How full a service's resources are: CPU, memory, pools, threads, queues, by instance."""
