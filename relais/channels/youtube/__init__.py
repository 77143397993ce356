"""Comments below our videos, read, answered and hidden: YouTube Data API v3."""
