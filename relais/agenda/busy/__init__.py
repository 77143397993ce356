"""The hours at which somebody's own agenda says that they are taken: `reading` asks for it, a confined process (`child`) reads it."""
