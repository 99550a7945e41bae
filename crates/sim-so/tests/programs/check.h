// What correct programs share.
#include <stdio.h>

// Ends the program where a call fails.
#define CHECK(call)                                         \
    do {                                                    \
        int code_ = (int)(call);                            \
        if (code_ != 0) {                                   \
            fprintf(stderr, "%s: code %d\n", #call, code_); \
            return 1;                                       \
        }                                                   \
    } while (0)
