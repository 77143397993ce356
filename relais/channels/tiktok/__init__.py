"""Comments below our videos, read, answered and hidden: TikTok API for Business v1.3, which needs a Business account."""
