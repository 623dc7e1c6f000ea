"""What one layer holds: compression, the tar scanner, whiteouts, and the layer's tree."""
