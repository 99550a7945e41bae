// What the collections of wrong programs share. Each wrong program is a function. Called with a name, the program does that wrong; called with none, it prints every
// name with the function that the simulation must name and a part of what it must say.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascendcl.h"

static void begin(void) {
    aclInit(NULL);
    aclrtSetDevice(0);
}

static void *device(size_t bytes) {
    void *address = NULL;
    aclrtMalloc(&address, bytes, ACL_MEM_MALLOC_HUGE_FIRST);
    return address;
}

static aclrtStream new_stream(void) {
    aclrtStream stream = NULL;
    aclrtCreateStream(&stream);
    return stream;
}

struct wrong {
    const char *name, *function, *text;
    void (*run)(void);
};

// X(name, function, text) makes an entry of a list.
#define ENTRY(name, function, text) {#name, function, text, name},

// The main function of a collection; `bare` tells the programs that start CANN themselves.
static int run_one_of(const struct wrong *cases, size_t number, int (*bare)(void (*)(void)), int count, char **arguments) {
    for (size_t i = 0; i < number; ++i) {
        if (count < 2) printf("%s\t%s\t%s\n", cases[i].name, cases[i].function, cases[i].text);
        else if (strcmp(arguments[1], cases[i].name) == 0) {
            if (!bare || !bare(cases[i].run)) begin();
            cases[i].run();
            return 0;
        }
    }
    return count < 2 ? 0 : 2;
}
