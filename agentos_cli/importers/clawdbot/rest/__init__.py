"""What no other part reads: known folders of its own, and the reasons for everything else."""
