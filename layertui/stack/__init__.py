"""What layers make together: one fold gives the merged tree, each path's history and every version's outcome."""
