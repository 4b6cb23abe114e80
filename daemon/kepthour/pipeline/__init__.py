"""The stages, one file each. A stage reads rows, decides with a pure function, writes rows; none knows another."""
