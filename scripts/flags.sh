# Flags of every debug build of make and CI, so that they share what is built. Sourced.
# An index and debug information of BoringSSL cost an eighth of a first build and serve editors and debuggers of C++ alone.
flags=(--disable-index-store -Xcxx -g0)
