import { decode, encode } from "../../bindings/typescript/session/codec.js";
import type { RequestParams } from "../../bindings/typescript/session/methods.js";
import { errorCodes, PolyprocError } from "../../protocol/errors.js";
import { type Payload, payloadBytes } from "../../protocol/payload.js";
import type { RunInfo } from "../../protocol/run.js";
import type { Disposable, Rpc, Server, ServerState } from "../connection/rpc.js";
import type { Target } from "../../protocol/target.js";
import type { Model } from "../model/model.js";
import { withoutDebugger } from "../debug/debug-plan.js";
import { FollowedRun, itemOverheadBytes } from "./followed-run.js";
import { Listeners } from "./listeners.js";
import { encodeNotes, readNotes } from "./notes.js";
import { cacheOf, optionsOfAgain } from "./run-cache.js";
import { OutputRouter } from "./output-router.js";
import type { Run, RunOptions, RunRequest, Runs } from "./run.js";

/** Runs that ended and that are still shown: as many as the server keeps. */
const maxEnded = 200;
/** The server keeps more of them; the window also holds what it decodes and shows of each. */
const defaultMaxEndedBytes = 24 * 1024 * 1024;

export interface RunListParts {
  server: Server;
  model: Model;
  /** The settings: defaults of options that a request leaves out. */
  defaults: () => RunOptions;
  /** The address that the setting gives; empty or no such function: there is none. */
  cluster?: () => string;
  /** The program that runs a module's functions; undefined, or no such function: the server finds it. */
  interpreterOf?: (module: string) => Promise<string | undefined>;
  /** Gets errors for which no caller waits. */
  onFault: (error: unknown) => void;
  /** Most memory of runs that ended, beside the last one. Default: 24 MiB. */
  maxEndedBytes?: number | undefined;
}

/** The runs of the window: those that it starts, and all others of its server. */
export class RunList implements Runs, Disposable {
  readonly #server: Server;
  readonly #model: Model;
  readonly #defaults: () => RunOptions;
  readonly #cluster: () => string;
  readonly #interpreterOf: ((module: string) => Promise<string | undefined>) | undefined;
  #runs: FollowedRun[] = [];
  readonly #byJob = new Map<string, FollowedRun>();
  /** Handles of runs that are being started or looked at. */
  readonly #pending = new Set<string>();
  /** Handles of ended runs that the server still has, and for which there is no memory here. */
  readonly #skipped = new Set<string>();
  /** Runs that the model has had. If the model no longer has one, it was forgotten. */
  readonly #seen = new WeakSet<FollowedRun>();
  readonly #onFault: (error: unknown) => void;
  readonly #maxEndedBytes: number;
  readonly #changes: Listeners<[]>;
  readonly #additions: Listeners<[Run, boolean]>;
  readonly #subscriptions: Disposable[];
  #router: { rpc: Rpc; router: OutputRouter } | null = null;

  constructor(parts: RunListParts) {
    const { server, model, defaults, cluster = () => "", interpreterOf, onFault } = parts;
    this.#maxEndedBytes = parts.maxEndedBytes ?? defaultMaxEndedBytes;
    this.#cluster = cluster;
    this.#server = server;
    this.#onFault = onFault;
    this.#changes = new Listeners(onFault);
    this.#additions = new Listeners(onFault);
    this.#model = model;
    this.#defaults = defaults;
    this.#interpreterOf = interpreterOf;
    this.#subscriptions = [
      server.onDidChange((state) => this.#serverChanged(state)),
      model.onDidChange((parts) => {
        if (parts.has("runs")) this.#look();
      }),
    ];
    this.#serverChanged(server.state);
  }

  get all(): readonly Run[] {
    return this.#runs;
  }

  onDidChange(listener: () => void): Disposable {
    return this.#changes.add(listener);
  }

  onDidAdd(listener: (run: Run, found: boolean) => void): Disposable {
    return this.#additions.add(listener);
  }

  async start(request: RunRequest): Promise<Run> {
    if (request.items.length === 0) throw new Error("There is nothing to run: the list of items is empty.");
    const place = this.#placeOf(request);
    const rpc = await this.#server.ensure();
    const target = "cluster" in place ? onHosts(request.target) : await this.#withInterpreter(request.target);
    this.#watchOutput(rpc);
    const run = this.#mint(rpc);
    this.#pending.add(run);
    try {
      const params = { ...this.#params(run, request), ...place, target };
      const { run: info } = await rpc.request("run/start", params);
      const followed = new FollowedRun(rpc, request, bytesOf(params.items), info, this.#onFault);
      followed.tellsReplays = true;
      return this.#add(followed, false);
    } finally {
      this.#pending.delete(run);
    }
  }

  again(run: Run, indexes?: readonly number[]): Promise<Run> {
    const { env: given, ...request } = run.request;
    const { items, first = run.id } = request;
    const again = indexes ? indexes.flatMap((index) => items[index] ?? []) : items;
    const rows = indexes ? indexes.flatMap((index) => run.rows[index] ?? []) : [];
    const options = optionsOfAgain(request.options, rows);
    const env = given && { env: withoutDebugger(given) };
    const recipe = indexes ? { recipe: undefined } : {};
    return this.start({ ...request, ...env, ...recipe, options, items: again, first });
  }

  async forget(run: Run): Promise<void> {
    const followed = this.#runs.find((one) => one === run);
    if (!followed) return;
    if (!followed.ended)
      throw new PolyprocError("BadState", `"${run.request.name}" is still running: cancel it first.`);
    if (this.#connected() === followed.rpc) await forgetAt(followed.rpc, run.id);
    this.#remove(followed);
  }

  async forgetEnded(): Promise<void> {
    const rpc = this.#connected();
    await Promise.all([
      ...this.#runs.filter(({ ended }) => ended).map((run) => this.forget(run)),
      ...(rpc ? [...this.#skipped].map((id) => forgetAt(rpc, id)) : []),
    ]);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#router?.router.dispose();
    for (const run of this.#runs) run.dispose();
  }

  /** Not kept in the request: a later run uses the interpreter that is active then. */
  async #withInterpreter(target: Target): Promise<Target> {
    if (!("module" in target) || target.interpreter !== undefined) return target;
    const interpreter = await this.#interpreterOf?.(target.module);
    return interpreter === undefined ? target : { ...target, interpreter };
  }

  #params(run: string, request: RunRequest): RequestParams<"run/start"> {
    const defaults = this.#defaults();
    const {
      processes = defaults.processes,
      chunkSize = defaults.chunkSize,
      retries = defaults.retries,
      timeoutMs = defaults.timeoutMs,
      halt = defaults.halt,
    } = request.options;
    return {
      run,
      name: request.name.slice(0, 200),
      target: request.target,
      items: request.items.map(({ value }) => encode(value)),
      meta: encodeNotes(request),
      ...(processes ? { processes } : {}),
      ...(chunkSize === undefined || "command" in request.target ? {} : { chunkSize }),
      ...(retries === undefined ? {} : { retries }),
      ...(timeoutMs ? { timeoutMs } : {}),
      ...(halt === undefined ? {} : { halt }),
      ...cacheOf(request, defaults.cache),
    };
  }

  /** Other hosts do not have this machine's folders and environment. Throws if there is no cluster. */
  #placeOf({ cwd, env, options }: RunRequest): Pick<RequestParams<"run/start">, "cluster" | "cwd" | "env"> {
    if (options.where !== "cluster")
      return { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) };
    const cluster = this.#cluster();
    if (cluster === "") throw new Error("No cluster is set: write the address of its Redis into polyproc.cluster.");
    return { cluster };
  }

  /** Runs are found by their handle, so a new one must differ from those of earlier servers' runs. */
  #mint(rpc: Rpc): string {
    for (;;) {
      const run = rpc.mint("run");
      if (!this.#runs.some(({ id }) => id === run)) return run;
    }
  }

  #serverChanged(state: ServerState): void {
    if (state.kind !== "connected") return;
    this.#watchOutput(state.rpc);
    this.#look();
  }

  #connected(): Rpc | null {
    const { state } = this.#server;
    return state.kind === "connected" ? state.rpc : null;
  }

  #watchOutput(rpc: Rpc): void {
    if (this.#router?.rpc === rpc) return;
    // Another server counts handles from the beginning.
    this.#skipped.clear();
    this.#router?.router.dispose();
    this.#router = { rpc, router: new OutputRouter(rpc, (job) => this.#byJob.get(job)) };
  }

  /** Applies the model's runs. */
  #look(): void {
    const rpc = this.#connected();
    if (!rpc) return;
    const known = new Map(this.#runs.filter((run) => run.rpc === rpc).map((run) => [run.id, run]));
    for (const [id, info] of this.#model.runs) {
      const run = known.get(id);
      if (run) {
        this.#seen.add(run);
        run.inform(info);
      }
    }
    this.#adoptAll(rpc, known);
    for (const id of this.#skipped) if (!this.#model.runs.has(id)) this.#skipped.delete(id);
    for (const [id, run] of known) {
      if (run.ended && this.#seen.has(run) && !this.#model.runs.has(id)) this.#remove(run);
    }
  }

  /** The newest first: of those that have ended, as many as there is memory for. */
  #adoptAll(rpc: Rpc, known: ReadonlyMap<string, FollowedRun>): void {
    let room = this.#maxEndedBytes - this.#endedBytes();
    for (const [id, info] of [...this.#model.runs].reverse()) {
      if (known.has(id) || this.#pending.has(id) || this.#skipped.has(id)) continue;
      if (info.endedAt !== null) room -= info.total * itemOverheadBytes;
      if (info.endedAt !== null && room < 0) this.#skipped.add(id);
      else void this.#adopt(rpc, info);
    }
  }

  /** A run that another client started, or this window before it was reloaded. */
  async #adopt(rpc: Rpc, info: RunInfo): Promise<void> {
    this.#pending.add(info.run);
    try {
      const spec = await rpc.request("run/spec", { run: info.run });
      if (this.#connected() !== rpc) return;
      const { origin, recipe, items } = readNotes(
        spec.meta,
        spec.items.map((item) => decode(item, null)),
      );
      const options: RunOptions = {
        processes: spec.processes,
        chunkSize: spec.chunkSize,
        retries: spec.retries,
        timeoutMs: spec.timeoutMs ?? undefined,
        halt: spec.halt,
        cache: spec.cache ?? false,
        where: spec.cluster === undefined ? "here" : "cluster",
      };
      // A run of an earlier server may have the same handle. It is removed.
      for (const other of this.#runs) if (other.id === info.run) this.#drop(other);
      const run = new FollowedRun(
        rpc,
        { name: info.name, target: spec.target, cwd: spec.cwd, env: spec.env, items, recipe, options, origin },
        bytesOf(spec.items),
        this.#model.runs.get(info.run) ?? info,
        this.#onFault,
      );
      this.#seen.add(run);
      this.#add(run, true);
    } catch (error) {
      // The run was forgotten in the meantime, or the server has ended.
      if (!(error instanceof PolyprocError)) this.#onFault(error);
    } finally {
      this.#pending.delete(info.run);
    }
  }

  #add(run: FollowedRun, found: boolean): FollowedRun {
    const later = this.#runs.findIndex(({ info }) => info.startedAt > run.info.startedAt);
    this.#runs = later === -1 ? [...this.#runs, run] : this.#runs.toSpliced(later, 0, run);
    this.#byJob.set(run.info.job, run);
    void run.whenEnded.then(() => this.#trim());
    this.#additions.tell(run, found);
    this.#changes.tell();
    return run;
  }

  /** Forgets the oldest ended runs, beyond the limits of count and memory. */
  #trim(): void {
    const ended = this.#runs.filter((run) => run.ended);
    let bytes = this.#endedBytes();
    let count = ended.length;
    for (const run of ended.slice(0, -1)) {
      if (count <= maxEnded && bytes <= this.#maxEndedBytes) break;
      count--;
      bytes -= run.bytes;
      this.#skipped.add(run.id);
      this.#remove(run);
    }
  }

  #endedBytes(): number {
    return this.#runs.reduce((sum, run) => sum + (run.ended ? run.bytes : 0), 0);
  }

  #remove(run: FollowedRun): void {
    this.#drop(run);
    this.#changes.tell();
  }

  #drop(run: FollowedRun): void {
    this.#runs = this.#runs.filter((one) => one !== run);
    if (this.#byJob.get(run.info.job) === run) this.#byJob.delete(run.info.job);
    run.dispose();
  }
}

/** The target without what only this machine has. */
function onHosts(target: Target): Target {
  if (!("command" in target)) return target;
  const { cwd: _, env: __, outputFolder: ___, ...rest } = target;
  return rest;
}

function bytesOf(items: readonly Payload[]): number {
  return items.reduce((sum, item) => sum + payloadBytes(item), 0);
}

/** Forgets the run on its server. No error if the server no longer has it. */
async function forgetAt(rpc: Rpc, run: string): Promise<void> {
  try {
    await rpc.request("run/forget", { run });
  } catch (error) {
    const isGone = error instanceof PolyprocError && goneCodes.has(error.code);
    if (!isGone) throw error;
  }
}

const goneCodes: ReadonlySet<number> = new Set([errorCodes.UnknownHandle, errorCodes.Closed]);
