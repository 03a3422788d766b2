# Flags of every debug build of make and CI, so that they share what is built. Sourced.
# Debug information of BoringSSL costs a first build time and serves debuggers of C++ alone. The index stays: tests are discovered by it.
flags=(-Xcxx -g0)
