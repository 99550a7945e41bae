//! What the host computes for a kernel: the plain struct that it reads, from the shapes and the number of cores.
