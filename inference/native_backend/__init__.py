"""The engine on its own CPU kernels. Needs no tensor library."""
