import { PolyprocError } from "../../../protocol/errors.js";
import type * as batch from "../../../protocol/batch.js";
import type { BatchState } from "../../../protocol/batch.js";
import type { StoredEntry } from "../../../protocol/batch-record.js";
import type { Params, Result } from "../../../protocol/message.js";
import type { Clock, Timer } from "../clock.js";
import { OncePerTurn, type Guard } from "../guard.js";
import type { PayloadCodec } from "../payload-codec.js";
import { runsSessionId, serverPeer } from "../server-peer.js";
import { Session, type SessionDependencies } from "../session.js";
import { Wait } from "../wait.js";
import { BatchEntries } from "./batch-entries.js";
import { BatchEntry, fresh } from "./batch-entry.js";
import { BatchGroups } from "./batch-groups.js";
import { BatchRun, type BatchRunDependencies, type RunEnd } from "./batch-run.js";
import { failedBefore, nextTime, startable, waitsForItself } from "./batch-schedule.js";
import { BatchJournal } from "./batch-journal.js";
import type { BatchStore } from "./batch-store.js";
import { hookVariables } from "./hook-variables.js";
import { Watchers } from "./watchers.js";

export type BatchDependencies = SessionDependencies &
  BatchRunDependencies & {
    readonly clock: Clock;
    readonly guard: Guard;
    /** The server is ending: what ends now was ended by it, and what ran is lost. */
    readonly ending: boolean;
    readonly options: {
      readonly instanceId: string;
      readonly pid: number;
      readonly codec: Pick<PayloadCodec, "fromBytes">;
    };
  };

type ListResult = Result<typeof batch.list>;
type LogResult = Result<typeof batch.log>;

/** After this time, in milliseconds, a start that could not be stored is tried again. */
const retryMs = 5000;
/** The wall clock may be set: a wait for a time looks at it this often, in milliseconds. */
const lookMs = 60_000;
const defaultLogBytes = 256 * 1024;

/** The batch queue of a user, on the server that hosts it. */
export class BatchQueue {
  readonly #engine: BatchDependencies;
  readonly #store: BatchStore;
  readonly #journal: BatchJournal;
  readonly #entries = new BatchEntries();
  readonly #groups: BatchGroups;
  /** The server's own session, whose children the commands are. */
  readonly #session: Session;
  readonly #lists: Watchers<ListResult>;
  readonly #logs: Watchers<LogResult>;
  readonly #pump: OncePerTurn;
  /** Entries that are being stored for the first time. */
  #adding = 0;
  #hooks = 0;
  #revision = 0;
  #timer: Timer | null = null;

  constructor(engine: BatchDependencies, store: BatchStore) {
    this.#engine = engine;
    this.#store = store;
    this.#journal = new BatchJournal(engine.guard, store, () => this.#changed());
    this.#lists = new Watchers(engine.guard);
    this.#logs = new Watchers(engine.guard);
    this.#session = new Session(engine, runsSessionId, serverPeer, null);
    this.#session.clientPid = engine.options.pid;
    this.#pump = new OncePerTurn(engine.guard, null, () => this.#startWhatMay());
    const { entries, settings, notices } = store.read();
    this.#journal.notices.push(...notices);
    for (const record of entries.sort((a, b) => a.entry - b.entry)) this.#entries.keep(new BatchEntry(record));
    this.#groups = new BatchGroups(
      settings,
      entries.map(({ group }) => group),
      Math.max(0, ...this.#entries.all.keys()),
    );
    for (const entry of this.#entries.all.values())
      if (entry.active) this.#set(entry, { state: "lost", reason: "the server ended while it ran" });
    this.#pump.schedule();
  }

  /** Whether an entry runs or will start without a further request. */
  get busy(): boolean {
    if (this.#adding + this.#hooks > 0) return true;
    for (const { active, record } of this.#entries.all.values())
      if (active || (record.state === "queued" && !this.#groups.get(record.group).paused)) return true;
    return false;
  }

  add(session: Session, params: Params<typeof batch.add>): Wait<Result<typeof batch.add>> {
    const { after = [], group = "default" } = params;
    this.#groups.get(group);
    for (const number of after) this.#entries.find(number);
    const record: StoredEntry = {
      ...fresh,
      version: 1,
      entry: this.#groups.nextEntry,
      name: params.name ?? "",
      group,
      state: params.held ? "held" : "queued",
      command: [...params.command],
      cwd: params.cwd,
      env: params.env,
      umask: params.umask ?? null,
      nice: params.nice ?? null,
      limits: params.limits ?? null,
      priority: params.priority ?? 0,
      after: [...new Set(after)],
      notBefore: params.notBefore ?? null,
      hook: params.hook ?? null,
      attempt: 0,
      addedAt: this.#engine.clock.wallTime(),
    };
    const entry = new BatchEntry(record);
    this.#entries.requireRoom(entry.bytes, this.#adding);
    this.#groups.nextEntry++;
    this.#adding++;
    const wait = new Wait<Result<typeof batch.add>>(session, {});
    this.#journal.add(record, (error) => {
      this.#adding--;
      if (error) {
        wait.reject(error);
        return;
      }
      this.#groups.keep(group);
      this.#entries.keep(entry);
      this.#changed();
      wait.resolve({ entry: entry.describe() });
    });
    return wait;
  }

  list(
    session: Session,
    { since, timeoutMs }: { since?: string | undefined; timeoutMs?: number | null | undefined },
  ): ListResult | Wait<ListResult> {
    const now = (): ListResult => ({
      revision: this.#revisionText,
      entries: this.#entries.sorted().map((entry) => entry.describe()),
      groups: this.#groups.list(),
      folder: this.#store.folder,
      notices: [...this.#journal.notices],
    });
    return this.#lists.watch(session, timeoutMs, () => (since === this.#revisionText ? null : now()), now);
  }

  pause(session: Session, params: Params<typeof batch.pause>): Wait<null> {
    for (const entry of this.#pauseGroups(params, true)) {
      const { state } = entry.record;
      if (state === "queued") this.#set(entry, { state: "held" });
      if (state === "running") this.#suspend(entry, true);
    }
    return this.#changedFor(session, null);
  }

  resume(session: Session, params: Params<typeof batch.resume>): Wait<null> {
    for (const entry of this.#pauseGroups(params, false)) {
      const { state } = entry.record;
      if (state === "held") this.#set(entry, { state: "queued" });
      if (state === "paused") this.#suspend(entry, false);
    }
    return this.#changedFor(session, null);
  }

  /** Pauses the chosen groups or lets them go on, and returns the chosen entries. */
  #pauseGroups({ entries, group }: Params<typeof batch.pause>, paused: boolean): BatchEntry[] {
    const chosen = entries?.map((number) => this.#entries.find(number)) ?? [];
    if (this.#groups.pause(entries, group, paused)) this.#journal.saveSettings(this.#groups.stored());
    return chosen;
  }

  #suspend(entry: BatchEntry, paused: boolean): void {
    this.#set(entry, { state: paused ? "paused" : "running" });
    entry.run?.suspend(paused);
  }

  restart(session: Session, numbers: readonly number[]): Wait<null> {
    const chosen = numbers.map((number) => this.#entries.find(number));
    const early = chosen.find((entry) => !entry.ended);
    if (early)
      throw new PolyprocError(
        "BadState",
        `entry ${early.number} is ${early.record.state}: only one that has ended can be restarted`,
      );
    for (const entry of chosen) this.#set(entry, { ...fresh, notBefore: null });
    return this.#changedFor(session, null);
  }

  edit(session: Session, { entry: number, ...changes }: Params<typeof batch.edit>): Wait<Result<typeof batch.edit>> {
    const entry = this.#entries.find(number);
    if (entry.active)
      throw new PolyprocError(
        "BadState",
        `entry ${number} is ${entry.record.state}: it can be edited when it has ended`,
      );
    if (changes.group !== undefined) this.#groups.get(changes.group);
    for (const before of changes.after ?? []) this.#entries.find(before);
    if (changes.after && waitsForItself(number, changes.after, this.#entries.all))
      throw new PolyprocError("BadState", `entry ${number} would wait for itself`);
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    this.#set(entry, Object.fromEntries(given) as Partial<StoredEntry>);
    return this.#changedFor(session, { entry: entry.describe() });
  }

  remove(session: Session, numbers: readonly number[]): Wait<null> {
    const chosen = new Set(numbers.map((number) => this.#entries.find(number)));
    for (const entry of chosen) {
      if (entry.active)
        throw new PolyprocError(
          "BadState",
          `entry ${entry.number} is ${entry.record.state}: end it first (polyproc kill queue:${entry.number})`,
        );
      const waiting = this.#entries.waitingFor(entry.number, chosen);
      if (waiting)
        throw new PolyprocError(
          "BadState",
          `entry ${waiting.number} waits for entry ${entry.number}: edit or remove it`,
        );
    }
    for (const entry of chosen) this.#forget(entry);
    // The numbers of the last entries are not used again.
    this.#journal.saveSettings(this.#groups.stored());
    return this.#changedFor(session, null);
  }

  log(session: Session, params: Params<typeof batch.log>): LogResult | Wait<LogResult> {
    const { entry: number, from = 0, maxBytes: most = defaultLogBytes, timeoutMs } = params;
    this.#entries.find(number);
    const read = (): LogResult => {
      const { data, from: begin, end } = this.#store.readLog(number, from, most);
      const next = begin + data.length;
      const ended = next >= end && !(this.#entries.all.get(number)?.active ?? false);
      return { data: this.#engine.options.codec.fromBytes([data]), from: begin, next, ended };
    };
    const look = () => {
      const found = read();
      // From the end of the log, nothing is an answer: the reader learns where that is.
      return found.next > found.from || found.ended || from < 0 ? found : null;
    };
    return this.#logs.watch(session, timeoutMs, look, read);
  }

  setGroup(session: Session, params: Params<typeof batch.setGroup>): Wait<Result<typeof batch.setGroup>> {
    const group = this.#groups.set(params);
    this.#journal.saveSettings(this.#groups.stored());
    return this.#changedFor(session, { group });
  }

  removeGroup(session: Session, name: string): Wait<null> {
    const user = [...this.#entries.all.values()].find(({ record }) => record.group === name);
    this.#groups.remove(name, user?.number ?? null);
    this.#journal.saveSettings(this.#groups.stored());
    return this.#changedFor(session, null);
  }

  close(): Promise<void> {
    this.#timer?.cancel();
    return this.#store.close();
  }

  get #revisionText(): string {
    return `${this.#engine.options.instanceId}.${this.#revision}`;
  }

  #forget(entry: BatchEntry): void {
    this.#entries.delete(entry);
    this.#journal.remove(entry.number);
  }

  /** Changes and stores an entry. */
  #set(entry: BatchEntry, changes: Partial<StoredEntry>, stored?: (error: Error | null) => void): void {
    entry.record = { ...entry.record, ...changes };
    this.#journal.save(entry.record, stored);
  }

  /**
   * A client has changed the queue. The answer comes once that is stored, or could not be: nothing that was answered is
   * undone by the server's death. A change cannot be cancelled.
   */
  #changedFor<T>(session: Session, answer: T): Wait<T> {
    this.#changed();
    const wait = new Wait<T>(session, { onCancel: () => true });
    this.#journal.whenStored(() => wait.resolve(answer));
    return wait;
  }

  #listed(): void {
    this.#revision++;
    this.#lists.wake();
  }

  #changed(): void {
    this.#listed();
    this.#pump.schedule();
  }

  #startWhatMay(): void {
    const { clock, ending } = this.#engine;
    if (ending) return;
    this.#skip();
    for (const entry of startable(this.#entries.all, this.#groups.all, clock.wallTime())) this.#start(entry);
    const next = nextTime(this.#entries.all, clock.wallTime());
    if (next !== null) this.#lookAgainIn(Math.min(lookMs, next - clock.wallTime()));
  }

  #lookAgainIn(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#engine.guard.after(ms, null, () => this.#pump.schedule());
  }

  #skip(): void {
    let again = true;
    while (again) {
      again = false;
      for (const entry of [...this.#entries.all.values()]) {
        const before = entry.record.state === "queued" ? failedBefore(entry, this.#entries.all) : null;
        if (!before) continue;
        const how = before.record.state === "failed" ? "has failed" : "was skipped";
        this.#end(entry, "skipped", { exitCode: null, reason: `entry ${before.number} ${how}` });
        this.#listed();
        again = true;
      }
    }
  }

  /** It is stored as running before it runs: whatever happens then, it is not started a second time unasked. */
  #start(entry: BatchEntry): void {
    const before = entry.record;
    const { clock } = this.#engine;
    const running = {
      ...fresh,
      state: "running" as const,
      attempt: before.attempt + 1,
      startedAt: clock.wallTime(),
    };
    this.#set(entry, running, (error) => {
      if (this.#engine.ending) return;
      if (error) {
        entry.record = before;
        this.#lookAgainIn(retryMs);
        this.#listed();
        return;
      }
      this.#run(entry);
    });
    this.#listed();
  }

  #run(entry: BatchEntry): void {
    const { number, record } = entry;
    let log = null;
    let fault: string | null = null;
    try {
      log = this.#store.openLog(number);
    } catch (error) {
      fault = `it has no log: ${(error as Error).message}`;
    }
    entry.run = new BatchRun(
      this.#engine,
      this.#session,
      `queue:${number}`,
      record,
      record.command,
      log,
      () => this.#logs.wake(),
      ({ exitCode, reason }) => {
        entry.run = null;
        this.#logs.wake();
        // What the server itself has ended is still stored as running: its next start finds it lost.
        if (this.#engine.ending) return;
        const why = [reason, fault].filter((part) => part !== null).join("; ") || null;
        this.#end(entry, exitCode === 0 ? "done" : "failed", { exitCode, reason: why });
        this.#changed();
      },
    );
    if (record.state === "paused") entry.run.suspend(true);
    this.#changed();
  }

  #end(entry: BatchEntry, state: BatchState, { exitCode, reason }: { exitCode: number | null; reason: string | null }) {
    this.#set(entry, { state, exitCode, reason, endedAt: this.#engine.clock.wallTime() });
    const hook = entry.record.hook ?? this.#groups.get(entry.record.group).hook;
    if (hook !== null) this.#runHook(entry, hook);
    for (const old of this.#entries.surplus()) this.#forget(old);
  }

  #runHook({ number, record }: BatchEntry, hook: string): void {
    this.#hooks++;
    const surroundings = { ...record, env: { ...record.env, ...hookVariables(record) } };
    const ended = ({ reason }: RunEnd) => {
      this.#hooks--;
      if (reason !== null) this.#journal.tell(`the hook of entry ${number} has failed: ${reason}`);
    };
    const name = `queue:${number} hook`;
    new BatchRun(this.#engine, this.#session, name, surroundings, ["sh", "-c", hook], null, () => {}, ended);
  }
}
