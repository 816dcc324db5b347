import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  cellsAt,
  depthFor,
  depthIn,
  depthOf,
  livingAt,
  livingPlaces,
  pageBytes,
  partyOf,
} from "../../../../protocol/lock-words.js";
import { Lock, type Acquired } from "../../../../server/engine/sync/lock.js";
import type { Session } from "../../../../server/engine/session.js";
import { Wait } from "../../../../server/engine/wait.js";
import { FakeWorld } from "../fake-engine.js";

/*
 * Every interleaving of clients that take one lock by its word or by messages, with the server: after each step, any
 * client may do its next one, the server may handle a client's next message, and a process may be killed or its session
 * ended. The clients below do what the bindings do, one access to the page in each step.
 */

type Step =
  /** Tries the word. */
  | "try"
  /** Has swapped the word, and looks whether its session lives. */
  | "look"
  /** Has seen that its session has ended, and takes its name out of the word. */
  | "undo"
  | "asking"
  | "granted"
  | "inside"
  /** Is about to acquire the recursive lock again: has read the depth; then has seen that it holds the lock. */
  | "read"
  | "checked"
  | "deep"
  /** Is about to undo that: has read the depth. */
  | "leaving"
  | "releasing"
  | "done"
  | "refused"
  | "killed";

interface Scenario {
  /**
   * For each client: whether it uses words, how often it takes the lock, and whether it acquires it once more while it
   * holds it. If any does, the lock is recursive.
   */
  clients: { words: boolean; rounds: number; deepens?: boolean }[];
  /** Most processes that are killed, and sessions that the server ends while their processes go on. */
  deaths: number;
  expulsions: number;
}

/** The steps in which a client knows that it holds the lock. */
const insides: readonly Step[] = ["inside", "read", "checked", "deep", "leaving"];

class Client {
  readonly session: Session;
  readonly number: number;
  readonly usesWords: boolean;
  step: Step = "try";
  rounds: number;
  /** The depth that it has read. */
  seen = 0;
  /** In this round it has yet to acquire the recursive lock again. */
  deepens: boolean;
  readonly #deepensEachRound: boolean;
  message: "acquire" | "release" | null = null;
  answer: Acquired | null = null;
  /** Its session has ended. */
  ended = false;

  constructor(session: Session, number: number, rounds: number, deepens: boolean) {
    this.#deepensEachRound = this.deepens = deepens;
    this.session = session;
    this.number = number;
    this.usesWords = number !== 0;
    this.rounds = rounds;
    if (!this.usesWords) this.#ask();
  }

  #ask(): void {
    this.step = "asking";
    this.message = "acquire";
  }

  get me(): number {
    return partyOf(this.number, 0);
  }

  get mayStep(): boolean {
    return !["done", "refused", "killed", "asking"].includes(this.step) && !(this.step === "releasing" && this.message);
  }

  run(words: Int32Array): void {
    switch (this.step) {
      case "try":
        if (Atomics.compareExchange(words, cellsAt, 0, this.me) === 0) this.step = "look";
        else if (this.ended) this.step = "refused";
        else this.#ask();
        return;
      case "look":
        this.step = Atomics.load(words, livingAt + (this.number % livingPlaces)) === this.number ? "inside" : "undo";
        assert.ok(this.step === "undo" || !this.ended, "it took the lock after its session had ended");
        return;
      case "undo":
        Atomics.compareExchange(words, cellsAt, this.me, 0);
        this.step = "refused";
        return;
      case "granted":
        this.step = "inside";
        return;
      case "inside":
        if (this.deepens) {
          this.deepens = false;
          this.step = "read";
          this.seen = Atomics.load(words, cellsAt + depthIn);
        } else if (this.usesWords && Atomics.compareExchange(words, cellsAt, this.me, 0) === this.me) this.released();
        else if (this.ended) this.step = "refused";
        else [this.step, this.message] = ["releasing", "release"];
        return;
      case "read":
        if ((Atomics.load(words, cellsAt) & 0x7fffffff) === this.me) this.step = "checked";
        else this.refused();
        return;
      case "checked":
        if (this.swapDepth(words, depthOf(this.seen, this.number) + 1)) this.step = "deep";
        else this.refused();
        return;
      case "deep":
        this.step = "leaving";
        this.seen = Atomics.load(words, cellsAt + depthIn);
        return;
      case "leaving":
        if (depthOf(this.seen, this.number) > 0 && this.swapDepth(words, depthOf(this.seen, this.number) - 1))
          this.step = "inside";
        else this.refused();
        return;
      default:
        throw new Error(`no step: ${this.step}`);
    }
  }

  swapDepth(words: Int32Array, depth: number): boolean {
    return Atomics.compareExchange(words, cellsAt + depthIn, this.seen, depthFor(this.number, depth)) === this.seen;
  }

  refused(): void {
    assert.ok(this.ended, `a living holder was refused: ${this.step}`);
    this.step = "refused";
  }

  released(): void {
    this.deepens = this.#deepensEachRound;
    if (--this.rounds === 0) this.step = "done";
    else if (this.usesWords) this.step = "try";
    else this.#ask();
  }

  /** Whether the death of its process now leaves the lock held. */
  holds(words: Int32Array): boolean {
    if (this.ended) return false;
    return ["granted", ...insides].includes(this.step) || (words[cellsAt]! & 0x7fffffff) === this.me;
  }
}

class Run {
  readonly world = new FakeWorld();
  readonly words: Int32Array;
  readonly lock: Lock;
  readonly clients: Client[];
  readonly #scenario: Scenario;
  /** Clients in the order in which the server let them wait. */
  readonly line: Client[] = [];
  deadHolders = 0;
  told = 0;
  deaths = 0;
  expulsions = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { engine } = this.world;
    const words = new Int32Array(new SharedArrayBuffer(pageBytes));
    this.world.words = { path: "/words", inode: "1:1", words, close: () => {} };
    this.words = words;
    const first = this.world.session();
    const handle = scenario.clients.some(({ deepens }) => deepens) ? "rlock:@it" : "lock:@it";
    const lock = engine.registry.create(first, handle, Lock, () => new Lock(engine, handle));
    this.lock = lock;
    engine.lockWords.attach(first);
    // The lock gets its word with the first holder that has words.
    assert.deepEqual(lock.acquire(first, "", null), { acquired: true, ownerDied: false, cell: 0 });
    lock.release(first, "");
    this.clients = scenario.clients.map(({ words, rounds, deepens = false }) => {
      const session = this.world.session();
      engine.registry.retain(session, lock.handle);
      return new Client(session, words ? engine.lockWords.attach(session)!.number : 0, rounds, deepens);
    });
  }

  /** The names of what can happen next. */
  choices(): string[] {
    return this.clients.flatMap((client, i) => [
      ...(client.mayStep ? [`step ${i}`] : []),
      ...(client.message !== null && !client.ended ? [`server ${i}`] : []),
      ...(this.deaths < this.#scenario.deaths && !["done", "refused", "killed"].includes(client.step)
        ? [`kill ${i}`]
        : []),
      ...(this.expulsions < this.#scenario.expulsions && !client.ended && client.step !== "killed"
        ? [`expel ${i}`]
        : []),
      // What a process sent before its death is handled before its end.
      ...(client.step === "killed" && client.message === null && !client.ended ? [`end ${i}`] : []),
    ]);
  }

  do(choice: string): void {
    const [what, index] = choice.split(" ") as [string, string];
    const client = this.clients[Number(index)]!;
    if (what === "step") client.run(this.words);
    else if (what === "server") this.#handle(client);
    else if (what === "kill") {
      this.deaths++;
      client.step = "killed";
    } else {
      if (what === "expel") this.expulsions++;
      this.#end(client);
    }
    this.#check(choice);
  }

  #end(client: Client): void {
    // The server's view: in the word, or granted.
    const held = this.lock.status().holder === client.session.id;
    client.session.end(true);
    client.ended = true;
    client.message = null;
    const at = this.line.indexOf(client);
    if (at >= 0) this.line.splice(at, 1);
    if (held) this.deadHolders++;
    if (["asking", "releasing", "granted"].includes(client.step)) client.step = "refused";
  }

  #handle(client: Client): void {
    const { message } = client;
    client.message = null;
    if (message === "release") {
      this.lock.release(client.session, "");
      if (client.step === "releasing") client.released();
      return;
    }
    const answer = this.lock.acquire(client.session, "", null);
    if (!(answer instanceof Wait)) {
      this.#grant(client, answer);
      return;
    }
    this.line.push(client);
    answer.onSettled((outcome) => {
      if (!outcome.ok) return;
      assert.equal(this.line.shift(), client, "first come, first served");
      this.#grant(client, outcome.value);
    });
  }

  #grant(client: Client, answer: Acquired): void {
    assert.ok(answer.acquired);
    if (answer.ownerDied) this.told++;
    if (client.step === "asking") client.step = "granted";
  }

  #check(choice: string): void {
    const inside = this.clients.filter(({ step, ended }) => insides.includes(step) && !ended);
    assert.ok(inside.length <= 1, `two are inside after "${choice}"`);
    const [one] = inside;
    if (!one) return;
    const { holder, depth } = this.lock.status();
    assert.equal(holder, one.session.id, `the server knows the holder after "${choice}"`);
    assert.equal(depth, ["deep", "leaving"].includes(one.step) ? 2 : 1, `the depth after "${choice}"`);
  }

  /** All that decides what can follow. */
  get state(): string {
    const { holders, waiters } = this.lock.describe();
    return JSON.stringify([
      this.words[cellsAt],
      this.words[cellsAt + depthIn],
      holders,
      waiters,
      this.clients.map(({ step, message, ended, rounds, seen, deepens }) => [
        step,
        message,
        ended,
        rounds,
        ["read", "checked", "leaving"].includes(step) && seen,
        deepens,
      ]),
      this.deadHolders - this.told,
      this.deaths,
      this.expulsions,
    ]);
  }

  /** Nothing more can happen. */
  finish(): void {
    for (const { step } of this.clients) assert.ok(["done", "refused", "killed"].includes(step), `left: ${step}`);
    const last = this.world.session();
    const answer = this.lock.acquire(last, "", null);
    assert.ok(!(answer instanceof Wait), "the lock is free at the end");
    if (answer.ownerDied) this.told++;
    // A process that swaps the word after its session has ended may be taken for a holder that died.
    const spare = this.expulsions > 0 ? 1 : 0;
    assert.ok(
      this.told >= this.deadHolders && this.told <= this.deadHolders + spare,
      `${this.deadHolders} holders died, and ${this.told} were told`,
    );
  }
}

/** Visits every state that the choices lead to. Returns how many there are. */
function explore(scenario: Scenario): number {
  const seen = new Set<string>();
  const open: string[][] = [[]];
  for (let path = open.pop(); path; path = open.pop()) {
    const run = new Run(scenario);
    try {
      for (const choice of path) run.do(choice);
      const { state } = run;
      if (seen.has(state)) continue;
      seen.add(state);
      const choices = run.choices();
      for (const choice of choices) open.push([...path, choice]);
      if (choices.length === 0) run.finish();
    } catch (error) {
      throw new Error(`after ${path.join(", ")}`, { cause: error });
    }
  }
  return seen.size;
}

suite("a lock with a word, at every interleaving", () => {
  const [once, messages] = [
    { words: true, rounds: 1 },
    { words: false, rounds: 1 },
  ];
  const twice = { words: true, rounds: 2 };
  const deep = { words: true, rounds: 1, deepens: true };

  /** The fewest states, so that the test fails if clients no longer reach most of them. */
  for (const [clients, deaths, expulsions, fewest] of [
    [[twice, twice], 2, 0, 300],
    [[twice, twice, once], 2, 0, 3000],
    [[twice, once, messages], 2, 0, 1500],
    [[twice, once, messages], 1, 1, 3000],
    [[deep, deep], 1, 1, 1000],
    [[deep, once, messages], 0, 1, 1500],
  ] as const) {
    const list = clients
      .map((client) => {
        const deepens = "deepens" in client ? " of depth 2" : "";
        return `${client.words ? "words" : "messages"} x ${client.rounds}${deepens}`;
      })
      .join(", ");
    test(`of clients with ${list}: ${deaths} are killed anywhere, ${expulsions} sessions end before them`, () => {
      const states = explore({ clients: [...clients], deaths, expulsions });
      assert.ok(states >= fewest, `${states} states`);
    });
  }
});
