/*
 * The words of locks for Python: the page, and the part of Lock and RLock that needs no message. One file serves every
 * CPython from 3.9 on that has a GIL (abi3). No C library is linked: the interpreter has one, of whatever kind.
 * protocol/lock-words.ts has the same layout.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030a0000
#include <Python.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h>
#include <sys/mman.h>

/* What Page and Word take and give. `polyproc/_native.py` has the same number and refuses a file with another. */
#define ABI 1

enum {
  VERSION = 2, ORDER_MARK = 0x01020304, LIVING_AT = 1024, LIVING_PLACES = 4096, CELLS_AT = LIVING_AT + LIVING_PLACES,
  CELL_LENGTH = 16, CELL_COUNT = 4095, PAGE_BYTES = (CELLS_AT + CELL_LENGTH * CELL_COUNT) * 4,
  OWNER_BITS = 15, LAST_OWNER = (1 << OWNER_BITS) - 1, DEPTH_BITS = 16, LAST_DEPTH = (1 << DEPTH_BITS) - 1,
  SPINS = 100, YIELDS = 20,
};
#define ASKS 0x80000000u

/* Tests define it: it runs before each access to the page. */
#ifndef STEP
#define STEP()
#endif

static uint32_t load(uint32_t *word) {
  STEP();
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static int swap(uint32_t *word, uint32_t *expected, uint32_t value) {
  STEP();
  return __atomic_compare_exchange_n(word, expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The number of this thread as an owner: the same for all pages, and never given to another thread. */
static uint32_t threads;
static __thread uint32_t thread;

static uint32_t owner(void) {
  if (thread == 0) thread = __atomic_load_n(&threads, __ATOMIC_RELAXED) < LAST_OWNER
                                ? __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED)
                                : LAST_OWNER + 1;
  return thread <= LAST_OWNER ? thread : 0;
}

static PyObject *owner_number(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromUnsignedLong(owner());
}

/* Page(fd, number, casts): the page of a session. `casts` is empty when the server has handled what the session sent. */
typedef struct {
  PyObject_HEAD
  uint32_t *words;
  uint32_t number;
  PyObject *casts;
} Page;

static int page_init(Page *self, PyObject *args, PyObject *kwargs) {
  int fd;
  unsigned int number;
  PyObject *casts;
  (void)kwargs;
  if (!PyArg_ParseTuple(args, "iIO!", &fd, &number, &PyDict_Type, &casts)) return -1;
  if (self->words) return 0;
  void *data = mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    PyErr_SetString(PyExc_OSError, "the page of locks cannot be mapped");
    return -1;
  }
  self->words = data;
  self->number = self->words[0] == VERSION && self->words[1] == ORDER_MARK ? number : 0;
  Py_INCREF(casts);
  self->casts = casts;
  return 0;
}

static void page_dealloc(Page *self) {
  PyTypeObject *type = Py_TYPE(self);
  if (self->words) munmap(self->words, PAGE_BYTES);
  Py_XDECREF(self->casts);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))((PyObject *)self);
  Py_DECREF(type);
}

/* leave(): this process takes no more locks by words. */
static PyObject *page_leave(Page *self, PyObject *unused) {
  (void)unused;
  self->number = 0;
  Py_RETURN_NONE;
}

static int lives(Page *page) { return load(page->words + LIVING_AT + page->number % LIVING_PLACES) == page->number; }

/* What Lock and RLock inherit. Without a page, every call goes to `_ask_acquire` and `_ask_release`. */
typedef struct {
  PyObject_HEAD
  Page *page;
  uint32_t *cell;
  int holds;
  char recursive;
  char owner_died;
} Word;

/* use(page, cell, recursive): from now on the lock has this word. */
static PyObject *word_use(Word *self, PyObject *args) {
  PyObject *page;
  unsigned int cell;
  int recursive;
  if (!PyArg_ParseTuple(args, "OIp", &page, &cell, &recursive)) return 0;
  if (cell < CELL_COUNT && !self->page) {
    Py_INCREF(page);
    self->page = (Page *)page;
    self->cell = self->page->words + CELLS_AT + CELL_LENGTH * cell;
    self->recursive = (char)recursive;
  }
  Py_RETURN_NONE;
}

static int got(Word *self) {
  self->holds++;
  self->owner_died = 0;
  return 1;
}

/* What a depth says of a holder of this session: 0 if another session wrote it. */
static uint32_t depth_of(Page *page, uint32_t written) {
  return written >> DEPTH_BITS == page->number ? written & LAST_DEPTH : 0;
}

/*
 * The holder acquires the lock once more: whether it has. The depth is read first: if the word still names the holder
 * after that, but its session ends before the swap, the next holder's depth is another one or does not count.
 */
static int deepen(Word *self, uint32_t me) {
  uint32_t seen = load(self->cell + 1), depth = depth_of(self->page, seen);
  if ((load(self->cell) & ~ASKS) != me || depth == LAST_DEPTH) return 0;
  return swap(self->cell + 1, &seen, self->page->number << DEPTH_BITS | (depth + 1));
}

/* 1: acquired. 0: another owner holds it. -2: it is the server's at the moment. -1: the server has to be asked. */
static int take(Word *self, int spins) {
  Page *page = self->page;
  if (!page || !page->number) return -1;
  uint32_t me = owner();
  if (!me) return -1;
  me |= page->number << OWNER_BITS;
  for (;; spins--) {
    uint32_t seen = 0;
    if (swap(self->cell, &seen, me)) {
      if (lives(page)) {
        uint32_t taken = load(self->cell + 2) + 1;
        STEP();
        __atomic_store_n(self->cell + 2, taken, __ATOMIC_RELEASE);
        return got(self);
      }
      seen = me;
      swap(self->cell, &seen, 0);
      return -1;
    }
    if (self->recursive && (seen & ~ASKS) == me) return deepen(self, me) ? got(self) : -1;
    if (spins <= 0) return seen & ASKS ? -2 : 0;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
}

/* Whether the arguments are of the usual types, so that they need no look when the lock is free. */
static int usual(PyObject *const *args, Py_ssize_t count, PyObject *names) {
  Py_ssize_t named = names ? PyTuple_Size(names) : 0;
  if (count > 2) return 0;
  for (Py_ssize_t i = 0; i < named; i++) {
    PyObject *name = PyTuple_GetItem(names, i);
    if (PyUnicode_CompareWithASCIIString(name, "block") && PyUnicode_CompareWithASCIIString(name, "timeout")) return 0;
    if (count > 0 && (count > 1 || !PyUnicode_CompareWithASCIIString(name, "block"))) return 0;
  }
  for (Py_ssize_t i = 0; i < count + named; i++)
    if (args[i] != Py_True && args[i] != Py_False && args[i] != Py_None && !PyFloat_CheckExact(args[i]) &&
        !PyLong_CheckExact(args[i]))
      return 0;
  return 1;
}

static PyObject *ask(Word *self, const char *method, PyObject *const *args, Py_ssize_t count, PyObject *names) {
  PyObject *result = 0, *bound = PyObject_GetAttrString((PyObject *)self, method);
  PyObject *positional = PyTuple_New(count), *named = names ? PyDict_New() : 0;
  if (!bound || !positional || (names && !named)) goto end;
  for (Py_ssize_t i = 0; i < count; i++) {
    Py_INCREF(args[i]);
    PyTuple_SetItem(positional, i, args[i]);
  }
  for (Py_ssize_t i = 0; names && i < PyTuple_Size(names); i++)
    if (PyDict_SetItem(named, PyTuple_GetItem(names, i), args[count + i])) goto end;
  result = PyObject_Call(bound, positional, named);
end:
  Py_XDECREF(bound);
  Py_XDECREF(positional);
  Py_XDECREF(named);
  return result;
}

static PyObject *word_acquire(Word *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
  if ((count == 0 && !names) || usual(args, count, names)) {
    int waits = !(count + (names ? PyTuple_Size(names) : 0) > 0 && args[0] == Py_False);
    int taken = take(self, waits ? SPINS : 0);
    for (int i = 0; (taken == 0 || taken == -2) && waits && i < YIELDS; i++) {
      Py_BEGIN_ALLOW_THREADS
      sched_yield();
      Py_END_ALLOW_THREADS
      taken = take(self, SPINS);
    }
    if (taken > 0) Py_RETURN_TRUE;
    /* A release that was sent and not handled yet may have freed it: the server knows. */
    if (taken == 0 && !waits && PyDict_Size(self->page->casts) == 0) Py_RETURN_FALSE;
  }
  return ask(self, "_ask_acquire", args, count, names);
}

static PyObject *word_enter(Word *self, PyObject *unused) { return word_acquire(self, (PyObject *const *)&unused, 0, 0); }

static PyObject *word_release(Word *self, PyObject *unused) {
  Page *page = self->page;
  (void)unused;
  /* What was sent while the lock was held must reach the server before the next holder acts. */
  if (page && page->number && PyDict_Size(page->casts) == 0) {
    uint32_t seen = load(self->cell), me = page->number << OWNER_BITS | owner();
    int mine = self->recursive ? (seen & ~ASKS) == me : seen >> OWNER_BITS == page->number, released = 0;
    uint32_t depth = self->recursive ? load(self->cell + 1) : 0;
    if (mine && depth_of(page, depth) > 0)
      released = swap(self->cell + 1, &depth, depth - 1);
    else if (mine && !(seen & ASKS))
      released = swap(self->cell, &seen, 0);
    if (released) {
      if (self->holds > 0) self->holds--;
      Py_RETURN_NONE;
    }
  }
  return ask(self, "_ask_release", 0, 0, 0);
}

static PyObject *word_exit(Word *self, PyObject *const *args, Py_ssize_t count) {
  (void)args, (void)count;
  return word_release(self, 0);
}

static void word_dealloc(Word *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF((PyObject *)self->page);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))((PyObject *)self);
  Py_DECREF(type);
}

static PyMethodDef page_methods[] = {{"leave", (PyCFunction)(void (*)(void))page_leave, METH_NOARGS, 0}, {0}};
static PyType_Slot page_slots[] = {
    {Py_tp_init, page_init}, {Py_tp_dealloc, page_dealloc}, {Py_tp_methods, page_methods}, {0}};
static PyType_Spec page_spec = {"polyproc.words.Page", sizeof(Page), 0, Py_TPFLAGS_DEFAULT, page_slots};

static PyMemberDef word_members[] = {{"_holds", T_INT, offsetof(Word, holds), 0, 0},
                                     {"owner_died", T_BOOL, offsetof(Word, owner_died), 0,
                                      "Whether the last `acquire` got it after a holder that had died."},
                                     {0}};
/* As those of `_sync/acquirable.py` and `_sync/sem_lock.py`. */
#define ACQUIRE_DOC \
  "acquire($self, /, block=True, timeout=None)\n--\n\n" \
  "Acquires it: first come, first served.\n\n" \
  "`block`: whether to wait until it is free; default True.\n" \
  "`timeout`: seconds to wait; 0 or less does not wait, None (the default) waits without a limit. Ignored if\n" \
  "`block` is false.\n\n" \
  "Returns True once it is acquired, and False if the timeout passed first."
#define RELEASE_DOC \
  "release($self, /)\n--\n\n" \
  "Releases it. Any thread of any process may do so, except of a recursive lock: only the thread that holds it.\n\n" \
  "Raises ValueError if it is not acquired. Of a recursive lock raises AssertionError if this thread does not hold it."

static PyMethodDef word_methods[] = {
    {"_use", (PyCFunction)(void (*)(void))word_use, METH_VARARGS, 0},
    {"acquire", (PyCFunction)(void (*)(void))word_acquire, METH_FASTCALL | METH_KEYWORDS, ACQUIRE_DOC},
    {"release", (PyCFunction)(void (*)(void))word_release, METH_NOARGS, RELEASE_DOC},
    {"__enter__", (PyCFunction)(void (*)(void))word_enter, METH_NOARGS, 0},
    {"__exit__", (PyCFunction)(void (*)(void))word_exit, METH_FASTCALL, 0},
    {0}};
static PyType_Slot word_slots[] = {
    {Py_tp_dealloc, word_dealloc}, {Py_tp_methods, word_methods}, {Py_tp_members, word_members}, {0}};
static PyType_Spec word_spec = {"polyproc.words.Word", sizeof(Word), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                                word_slots};

static PyMethodDef functions[] = {{"owner_number", owner_number, METH_NOARGS, 0}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "words", 0, -1, functions, 0, 0, 0, 0};

PyMODINIT_FUNC PyInit_words(void) {
  PyObject *module = PyModule_Create(&definition);
  if (!module) return 0;
  if (PyModule_AddIntConstant(module, "abi", ABI) ||
      PyModule_AddObject(module, "Page", PyType_FromSpec(&page_spec)) ||
      PyModule_AddObject(module, "Word", PyType_FromSpec(&word_spec))) {
    Py_DECREF(module);
    return 0;
  }
  return module;
}
