/**
 * CPython's tests that do not apply to Polyproc, each with its reason; docs/python.md has the same table. They are not
 * run: some of them would hang.
 */
export const notApplicable: Readonly<Record<string, string>> = {
  "MiscTestCase.test_spawn_sys_executable_none_allows_import": "wants multiprocessing not to be imported before",
  "TestIgnoreEINTR.test_ignore": "wants the send of a large item to wait until it is received",
  "TestInitializers.test_pool_initializer": "wants workers before there are tasks",
  "TestInternalDecorators.test_only_run_in_spawn_testsuite": "chooses 'fork'",
  "TestPoolNotLeakOnFailure.test_release_unused_processes": "replaces the processes of a pool by mocks",
  "TestResourceTracker.test_resource_tracker_reused": "wants children to inherit the parent's resource tracker",
  "TestResourceTracker.test_resource_tracker_sigkill": "wants semaphores to be registered with the resource tracker",
  "TestSimpleQueue.test_closed": "asks for the private ends of a queue's pipe",
  "TestStartMethod.test_context_check_module_types": "chooses 'forkserver'",
  "TestStartMethod.test_get_all": "wants 'fork' among the start methods",
  "TestStartMethod.test_mixed_startmethod": "chooses 'fork'",
  "TestStartMethod.test_preload_resources": "about the fork server",
  "TestSyncManagerTypes.test_lock": "wants a lock to stay held when its holder has ended",
  "TestSyncManagerTypes.test_pool": "sends a pool to another process",
  "WithManagerTestEvent.test_repr": "wants the name of a proxy; an event of a manager is the server's own",
  "WithManagerTestPool.test_make_pool": "wants a RemoteError for wrong arguments; here it is the ValueError itself",
  "WithProcessesTestConnection.test_missing_fd_transfer": "writes to the descriptor of a pipe's end",
  "WithProcessesTestHeap.test_free_from_gc": "about the allocator of CPython's shared memory",
  "WithProcessesTestHeap.test_heap": "about the allocator of CPython's shared memory",
  "WithProcessesTestProcess.test_forkserver_sigint": "about the fork server",
  "WithProcessesTestProcess.test_forkserver_sigkill": "about the fork server",
  "WithProcessesTestSharedMemory.test_shared_memory_SharedMemoryServer_ignores_sigint":
    "kills the process of a SharedMemoryManager, which has none",
  "WithProcessesTestSharedMemory.test_shared_memory_tracking": "about the resource tracker",
  "WithProcessesTestSharedMemory.test_shared_memory_untracking": "about the resource tracker",
};

/** They assert how quick the machine is, so `npm test` leaves them out: it shares the machine. */
export const timed: ReadonlySet<string> = new Set([
  "TestWait.test_neg_timeout",
  "TestWait.test_wait_integer",
  "TestWait.test_wait_timeout",
]);

/** Tests of `concurrent.futures` that do not apply. */
export const notApplicableFutures: Readonly<Record<string, string>> = {
  "ProcessPoolExecutor.test_killed_child": "wants the executor to break; here only the call fails",
  "ProcessPoolExecutor.test_python_finalization_error": "replaces a private function of threading",
  "ProcessPoolShutdown.test_del_shutdown": "joins the private thread of a private queue",
  "ProcessPoolShutdown.test_processes_terminate": "wants workers for calls that cannot be pickled",
  "ProcessPoolShutdown.test_shutdown_no_wait": "joins the private thread of a private queue",
};
