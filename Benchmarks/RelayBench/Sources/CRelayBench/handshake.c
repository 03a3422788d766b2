#include "handshake.h"
#include <stdint.h>
#include <string.h>
#include <strings.h>

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1_block(uint32_t h[5], const uint8_t *block) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) f = (b & c) | (~b & d), k = 0x5A827999;
        else if (i < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
        else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        else f = b ^ c ^ d, k = 0xCA62C1D6;
        uint32_t next = rotate(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

void handshake_accept(const char *key, size_t length, char accept[29]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t text[128] = {0};
    if (length > 24) length = 24;
    size_t count = length + sizeof guid - 1;  // 60 at the most: two blocks
    memcpy(text, key, length);
    memcpy(text + length, guid, sizeof guid - 1);
    text[count] = 0x80;
    size_t blocks = count + 9 <= 64 ? 1 : 2;
    text[64 * blocks - 2] = (uint8_t)(count * 8 >> 8);
    text[64 * blocks - 1] = (uint8_t)(count * 8);
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (size_t i = 0; i < blocks; i++) sha1_block(h, text + 64 * i);
    uint8_t digest[21] = {0};
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | digest[3 * i + 2];
        for (int j = 0; j < 4; j++) accept[4 * i + j] = digits[three >> (18 - 6 * j) & 63];
    }
    accept[27] = '=';
    accept[28] = 0;
}

const char *handshake_field(const char *head, const char *name, size_t *length) {
    size_t size = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        const char *start = line + 2;
        if (strncasecmp(start, name, size) != 0 || start[size] != ':') continue;
        start += size + 1;
        while (*start == ' ') start++;
        *length = strcspn(start, "\r");
        return start;
    }
    return NULL;
}
