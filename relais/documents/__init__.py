"""Documents to keep or to print: a typst template and the data it shows become a PDF that anybody can have read aloud (PDF/UA-1) and that
stays readable for years (PDF/A-2a)."""
