import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import { answerMs, noAnswer } from "./cluster-answer.js";
import type { ClusterQueueDependencies } from "./dependencies.js";
import { queueEmpty } from "./queue-errors.js";
import type { QueueLine } from "./queue-link.js";
import type { Getting, Taken } from "./queue-waiters.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

/** Most items that are taken out of the store at once. */
const maxTaken = 256;

type Asked = Getting & { readonly atOnce: boolean };
type Item = Uint8Array | PolyprocError;

/**
 * The gets of this server's sessions from a queue of a cluster, in their order. Items come in two steps: this server
 * takes them into its hand, then it keeps those that its sessions still want. An item that was only taken goes back to
 * the queue if this server dies.
 */
export class ClusterGetters {
  readonly #engine: ClusterQueueDependencies;
  readonly #queue: Handle;
  readonly #line: QueueLine;
  readonly #hand: (session: Session, items: readonly Uint8Array[], getting: Getting) => Taken;
  readonly #changed: () => void;
  readonly #getters: WaitLine<Taken, Asked>;
  #fetching = false;
  /** Settles when nothing is under way. */
  idle: Promise<void> = Promise.resolve();

  /** `hand`: makes the answer to a get. Throws if the session cannot receive the items. */
  constructor(
    engine: ClusterQueueDependencies,
    queue: Handle,
    line: QueueLine,
    hand: (session: Session, items: readonly Uint8Array[], getting: Getting) => Taken,
    changed: () => void,
  ) {
    this.#engine = engine;
    this.#queue = queue;
    this.#line = line;
    this.#hand = hand;
    this.#changed = changed;
    this.#getters = new WaitLine<Taken, Asked>(changed);
  }

  get sessions(): string[] {
    return this.#getters.sessionIds;
  }

  get(session: Session, getting: Getting, timeoutMs: number | null | undefined): Wait<Taken> {
    const atOnce = timeoutMs === 0;
    const { wait } = this.#getters.add(
      session,
      { ...getting, atOnce },
      {
        timeoutMs: atOnce ? answerMs : timeoutMs,
        onTimeout: () => {
          throw atOnce ? noAnswer(null) : queueEmpty(this.#queue);
        },
      },
    );
    this.#changed();
    // A loop that waits for items asks again for one that does not wait.
    if (atOnce && this.#fetching) this.#line.hurry();
    if (!this.#fetching) this.idle = this.#fetch();
    return wait;
  }

  end(error: PolyprocError): void {
    this.#getters.rejectAll(error);
  }

  async #fetch(): Promise<void> {
    this.#fetching = true;
    try {
      while (this.#getters.length > 0) if (!(await this.#fetchSome())) await this.#line.arrival();
    } catch (error) {
      this.#engine.guard.fault(null, error);
    } finally {
      this.#fetching = false;
    }
  }

  /** False if the queue is empty. */
  async #fetchSome(): Promise<boolean> {
    const asked = [...this.#getters];
    const waits = asked.some(({ details }) => !details.atOnce);
    try {
      const taken = await this.#line.take(this.#wanted(), waits);
      if (taken.length === 0) {
        for (const getter of asked)
          if (getter.details.atOnce && this.#getters.remove(getter)) getter.wait.reject(queueEmpty(this.#queue));
        this.#changed();
        return false;
      }
      const keeps = Math.min(this.#wanted(), taken.length);
      if (await this.#line.settle(keeps)) this.#serve(taken.slice(0, keeps));
    } catch (error) {
      for (const getter of asked) if (this.#getters.remove(getter)) getter.wait.reject(error as PolyprocError);
    }
    return true;
  }

  #wanted(): number {
    let wanted = 0;
    for (const { details } of this.#getters) if ((wanted += details.max) >= maxTaken) return maxTaken;
    return wanted;
  }

  /** Gives the items to the first getters. Items whose getters have left go back. */
  #serve(items: readonly Item[]): void {
    let at = 0;
    while (at < items.length) {
      const getter = this.#getters.shift();
      if (!getter) break;
      const { wait, details } = getter;
      const first = items[at]!;
      if (first instanceof PolyprocError) {
        at++;
        wait.reject(first);
        continue;
      }
      const given: Uint8Array[] = [];
      for (
        let next = items[at];
        given.length < details.max && next instanceof Uint8Array;
        next = items[at + given.length]
      )
        given.push(next);
      try {
        wait.resolve(this.#hand(wait.session, given, details));
        at += given.length;
      } catch (error) {
        if (!(error instanceof PolyprocError)) throw error;
        // Too large for this session. It stays for a session that can receive it.
        wait.reject(error);
      }
    }
    this.#changed();
    const rest = items.slice(at).filter((item) => item instanceof Uint8Array);
    if (rest.length > 0) this.#line.giveBack(rest).catch(() => {});
  }
}
