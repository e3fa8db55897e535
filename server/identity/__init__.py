"""Who is there, with what proof, and who may see what. Has never heard of sockets."""
