"""Plans and runs in, pages out: one file each, without a script, a font or an address, for a browser or a printer."""
