#pragma once
#include <curl/curl.h>

// curl's option functions are variadic, which Swift cannot call: one function for each type of value.

static inline CURLcode voice_easy_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voice_easy_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voice_easy_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode voice_easy_set_pointer(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*voice_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode voice_easy_set_callback(CURL *handle, CURLoption option, voice_data_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode voice_easy_get_pointer(CURL *handle, CURLINFO info, void **value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode voice_easy_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode voice_multi_set_long(CURLM *handle, CURLMoption option, long value) {
  return curl_multi_setopt(handle, option, value);
}

// A union's member, which Swift does not see.
static inline CURLcode voice_message_result(const CURLMsg *message) { return message->data.result; }
