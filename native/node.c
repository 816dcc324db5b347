/*
 * Makes and maps shared memory for Node, which works on it with Atomics. No C library is linked: the program that loads
 * this has one, of whatever kind.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <node_api.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* What `create` and `map` take and give. `native/load.ts` has the same number and refuses a file with another. */
#define ABI 1

/*
 * create(length): a descriptor of memory that no process can make smaller, so that none of those that map it can be
 * killed by a store into what is gone. Null if the system has none.
 */
static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  int64_t length;
  napi_get_null(env, &result);
  if (napi_get_cb_info(env, info, &count, &argument, 0, 0) != napi_ok || count != 1 ||
      napi_get_value_int64(env, argument, &length) != napi_ok)
    return result;
  int fd = memfd_create("polyproc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return result;
  if (ftruncate(fd, length) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 &&
      napi_create_int32(env, fd, &result) == napi_ok)
    return result;
  close(fd);
  return result;
}

static void unmapped(node_api_basic_env env, void *data, void *length) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)length);
}

/* map(fd, length): an ArrayBuffer over the file. Null if it cannot be mapped, or the runtime allows no such buffers. */
static napi_value map(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], result;
  int32_t fd;
  int64_t length;
  napi_get_null(env, &result);
  if (napi_get_cb_info(env, info, &count, arguments, 0, 0) != napi_ok || count != 2 ||
      napi_get_value_int32(env, arguments[0], &fd) != napi_ok ||
      napi_get_value_int64(env, arguments[1], &length) != napi_ok || length <= 0)
    return result;
  void *data = mmap(0, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return result;
  napi_value buffer;
  if (napi_create_external_arraybuffer(env, data, (size_t)length, unmapped, (void *)(uintptr_t)length, &buffer) ==
      napi_ok)
    return buffer;
  munmap(data, (size_t)length);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function, abi;
  if (napi_create_int32(env, ABI, &abi) == napi_ok) napi_set_named_property(env, exports, "abi", abi);
  if (napi_create_function(env, "create", NAPI_AUTO_LENGTH, create, 0, &function) == napi_ok)
    napi_set_named_property(env, exports, "create", function);
  if (napi_create_function(env, "map", NAPI_AUTO_LENGTH, map, 0, &function) == napi_ok)
    napi_set_named_property(env, exports, "map", function);
  return exports;
}
