"""What several processes share on a disk: files being written, and folders that one of them has."""
