"""Log readers, one module per family. `lines` cuts a stream into lines, `stamps` reads times, `auth` and `mail` messages."""
