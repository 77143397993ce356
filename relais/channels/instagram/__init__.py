"""Comments below our reels, read, answered and hidden: the Instagram API with Instagram Login, no Facebook page needed."""
