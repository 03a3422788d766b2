#pragma once
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

// Macros with arguments, which Swift does not see.
static inline EVP_PKEY *bare_rsa_key(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *bare_p256_key(void) { return EVP_EC_gen("P-256"); }
