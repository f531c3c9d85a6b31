"""The engine's own CPU kernels in C++, and their binding. README.md tells how they are made."""
