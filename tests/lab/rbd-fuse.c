// rbd-fuse 18.2.7 frees its default options, which are literals (libfuse 3.15 and later): preloaded, this makes them strings of the heap.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
int fuse_opt_parse(void *a, void *data, void *opts, void *proc) {
  static int done; int (*real)(void*,void*,void*,void*) = dlvsym(RTLD_NEXT, "fuse_opt_parse", "FUSE_3.0");
  if (!real) real = dlsym(RTLD_NEXT, "fuse_opt_parse");
  if (!done++ && data) { char **p = data; for (int i = 0; i < 3; i++) if (p[i]) p[i] = strdup(p[i]); }
  return real(a, data, opts, proc);
}
