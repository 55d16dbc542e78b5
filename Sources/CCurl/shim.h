// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

// Swift cannot call functions of a variable number of arguments: one door for each kind of value.

static inline CURLcode curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_data_function(CURL *handle, CURLoption option,
                                              curl_write_callback function) {
    return curl_easy_setopt(handle, option, function);
}

static inline CURLcode curl_set_progress_function(CURL *handle, curl_xferinfo_callback function) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
}

/// Allows HTTP alone; where the request is sent on to, only encrypted HTTP if so asked.
static inline CURLcode curl_set_protocols(CURL *handle, int redirectsStayEncrypted) {
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *first = "http,https", *later = redirectsStayEncrypted ? "https" : "http,https";
    CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, first);
    return code ? code : curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, later);
#else
    const long first = CURLPROTO_HTTP | CURLPROTO_HTTPS;
    const long later = redirectsStayEncrypted ? CURLPROTO_HTTPS : first;
    CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS, first);
    return code ? code : curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS, later);
#endif
}
