"""Where the catalogue comes from: one module per source. Only this folder may fetch an address."""
