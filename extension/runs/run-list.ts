import { decode, encode } from "../../bindings/typescript/session/codec.js";
import type { RequestParams } from "../../bindings/typescript/session/methods.js";
import { errorCodes, PolyprocError } from "../../protocol/errors.js";
import type { RunInfo } from "../../protocol/run.js";
import type { Disposable, Rpc, Server, ServerState } from "../connection/rpc.js";
import type { Model } from "../model/model.js";
import { FollowedRun } from "./followed-run.js";
import { Listeners } from "./listeners.js";
import { encodeNotes, readNotes } from "./notes.js";
import { OutputRouter } from "./output-router.js";
import type { Run, RunOptions, RunRequest, Runs } from "./run.js";

/** Runs that ended and that are still shown: as many as the server keeps. */
const maxEnded = 200;

export interface RunListParts {
  server: Server;
  model: Model;
  /** What the settings say, for what a request leaves open. */
  defaults: () => RunOptions;
  /** Gets errors for which no caller waits. */
  onFault: (error: unknown) => void;
}

/** The window's runs: those that it starts, and those that its server knows already or learns of from others. */
export class RunList implements Runs, Disposable {
  readonly #server: Server;
  readonly #model: Model;
  readonly #defaults: () => RunOptions;
  #runs: FollowedRun[] = [];
  readonly #byJob = new Map<string, FollowedRun>();
  /** Handles of runs that are being started or looked at. */
  readonly #pending = new Set<string>();
  /** Runs that the model has shown. When it no longer shows one, the run was forgotten. */
  readonly #seen = new WeakSet<FollowedRun>();
  readonly #onFault: (error: unknown) => void;
  readonly #changes: Listeners<[]>;
  readonly #additions: Listeners<[Run, boolean]>;
  readonly #subscriptions: Disposable[];
  #router: { rpc: Rpc; router: OutputRouter } | null = null;

  constructor({ server, model, defaults, onFault }: RunListParts) {
    this.#server = server;
    this.#onFault = onFault;
    this.#changes = new Listeners(onFault);
    this.#additions = new Listeners(onFault);
    this.#model = model;
    this.#defaults = defaults;
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
    const rpc = await this.#server.ensure();
    this.#watchOutput(rpc);
    const run = this.#mint(rpc);
    this.#pending.add(run);
    try {
      const { run: info } = await rpc.request("run/start", this.#params(run, request));
      return this.#add(new FollowedRun(rpc, request, info, this.#onFault), false);
    } finally {
      this.#pending.delete(run);
    }
  }

  again(run: Run, indexes?: readonly number[]): Promise<Run> {
    const { items } = run.request;
    return this.start(
      indexes ? { ...run.request, items: indexes.flatMap((index) => items[index] ?? []) } : run.request,
    );
  }

  async forget(run: Run): Promise<void> {
    const followed = this.#runs.find((one) => one === run);
    if (!followed) return;
    if (!followed.ended)
      throw new PolyprocError("BadState", `"${run.request.name}" is still running: cancel it first.`);
    if (this.#connected() === followed.rpc) {
      await followed.rpc.request("run/forget", { run: run.id }).catch((error: unknown) => {
        if (
          !(error instanceof PolyprocError) ||
          ![errorCodes.UnknownHandle, errorCodes.Closed].some((code) => code === error.code)
        )
          throw error;
      });
    }
    this.#remove(followed);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#router?.router.dispose();
    for (const run of this.#runs) run.dispose();
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
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      items: request.items.map(({ value }) => encode(value)),
      meta: encodeNotes(request),
      ...(processes ? { processes } : {}),
      ...(chunkSize === undefined || "command" in request.target ? {} : { chunkSize }),
      ...(retries === undefined ? {} : { retries }),
      ...(timeoutMs ? { timeoutMs } : {}),
      ...(halt === undefined ? {} : { halt }),
    };
  }

  /** A handle that no run of an earlier server has, since runs are known by it. */
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
    this.#router?.router.dispose();
    this.#router = { rpc, router: new OutputRouter(rpc, (job) => this.#byJob.get(job)) };
  }

  /** Takes over what the model says of runs. */
  #look(): void {
    const rpc = this.#connected();
    if (!rpc) return;
    const known = new Map(this.#runs.filter((run) => run.rpc === rpc).map((run) => [run.id, run]));
    for (const [id, info] of this.#model.runs) {
      const run = known.get(id);
      if (run) {
        this.#seen.add(run);
        run.inform(info);
      } else if (!this.#pending.has(id)) void this.#adopt(rpc, info);
    }
    for (const [id, run] of known) {
      if (run.ended && this.#seen.has(run) && !this.#model.runs.has(id)) this.#remove(run);
    }
  }

  /** A run that another client started, or this window before it was reloaded. */
  async #adopt(rpc: Rpc, info: RunInfo): Promise<void> {
    this.#pending.add(info.run);
    try {
      const spec = await rpc.request("run/spec", { run: info.run });
      if (this.#connected() !== rpc) return;
      const { origin, items } = readNotes(
        spec.meta,
        spec.items.map((item) => decode(item, null)),
      );
      const options: RunOptions = {
        processes: spec.processes,
        chunkSize: spec.chunkSize,
        retries: spec.retries,
        timeoutMs: spec.timeoutMs ?? undefined,
        halt: spec.halt,
      };
      // A run of a server that has gone may have the same handle; it makes way.
      for (const other of this.#runs) if (other.id === info.run) this.#drop(other);
      const run = new FollowedRun(
        rpc,
        { name: info.name, target: spec.target, cwd: spec.cwd, items, options, origin },
        this.#model.runs.get(info.run) ?? info,
        this.#onFault,
      );
      this.#seen.add(run);
      this.#add(run, true);
    } catch (error) {
      // It was forgotten in the meantime, or the server has gone.
      if (!(error instanceof PolyprocError)) this.#onFault(error);
    } finally {
      this.#pending.delete(info.run);
    }
  }

  #add(run: FollowedRun, found: boolean): FollowedRun {
    const later = this.#runs.findIndex(({ info }) => info.startedAt > run.info.startedAt);
    this.#runs = later === -1 ? [...this.#runs, run] : this.#runs.toSpliced(later, 0, run);
    this.#byJob.set(run.info.job, run);
    const ended = this.#runs.filter((one) => one.ended);
    for (const one of ended.slice(0, Math.max(0, ended.length - maxEnded))) this.#drop(one);
    this.#additions.tell(run, found);
    this.#changes.tell();
    return run;
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
