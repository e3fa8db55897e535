"""Work that time brings about, or that must be done once by some node. Each job is a worker."""
