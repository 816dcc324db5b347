import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Rpc, Server } from "../../connection/rpc.js";
import type { Model } from "../../model/model.js";
import type { Runs } from "../../runs/run.js";
import { t } from "../../l10n.js";
import { rowText } from "../amounts.js";
import { partyOf, partyText } from "../names.js";
import { crashedItem, CrashLenses } from "./crash-lens.js";
import { FollowedDocuments } from "./followed-documents.js";
import { FollowedOutput } from "./followed-output.js";
import { readItemOutput, readOutput } from "./read-output.js";
import { stackLinks } from "./stack-links.js";
import { whyEnded } from "./why-ended.js";

const scheme = "polyproc-process";

/** Read-only documents about processes: what one wrote, followed while it is shown, and why one ended. */
export class ProcessDocuments implements vscode.Disposable {
  readonly #model: Model;
  readonly #server: Server;
  readonly #runs: Pick<Runs, "all">;
  readonly #lenses = new CrashLenses();
  readonly #subscriptions = [
    vscode.languages.registerDocumentLinkProvider({ scheme }, stackLinks),
    vscode.languages.registerCodeLensProvider({ scheme }, this.#lenses),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#lenses.set(uri, null)),
  ];
  readonly #documents = new FollowedDocuments(
    scheme,
    `${t("This was shown before the window was reloaded. Open it again from the view Active Children.")}\n`,
  );

  constructor(model: Model, server: Server, runs: Pick<Runs, "all">) {
    this.#model = model;
    this.#server = server;
    this.#runs = runs;
  }

  /** Opens what the process wrote, and follows it. */
  async showOutput(process: ProcessInfo): Promise<void> {
    const uri = this.#uri(process.process, "output", t("{0} output.log", titleOf(process)));
    const output = this.#documents.get(uri) ?? new FollowedOutput(process, this.#model, this.#connected);
    await this.#documents.show(uri, output);
  }

  /** Opens a page that says why the process ended. */
  async showWhyEnded(process: ProcessInfo): Promise<void> {
    const rpc = this.#connected();
    const startedBy =
      process.parent === null
        ? partyText(partyOf(process.session, this.#known()))
        : (this.#model.processes.get(process.parent)?.name ?? t("a process that has ended"));
    // Without the server, or without its memory of the process, the rest is still worth reading.
    const item = crashedItem(process, this.#runs, this.#model);
    let output = rpc === null ? null : await readOutput(rpc, process, 0, this.#model.pools).catch(() => null);
    if (rpc !== null && output === null && item !== null)
      output = await readItemOutput(rpc, process, item.run.id, item.row.chunk).catch(() => null);
    const text = whyEnded(process, output?.lines ?? null, startedBy, item);
    const title = t("Why {0} ended.txt", titleOf(process));
    this.#lenses.set(this.#pageUri("end", title, process.process), item);
    await this.showPage("end", title, process.process, text);
  }

  /** Opens a page, or replaces the one of the same kind about the same thing. */
  async showPage(kind: "end" | "stack", title: string, about: string, text: string): Promise<void> {
    const uri = this.#pageUri(kind, title, about);
    await this.#documents.show(uri, { text, ended: true, read: () => Promise.resolve(false) });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#documents.dispose();
  }

  #pageUri(kind: "end" | "stack", title: string, about: string): vscode.Uri {
    return this.#uri(about, kind, rowText(title, 80).replaceAll(/[/\\]/g, "∕"));
  }

  #uri(about: string, kind: string, title: string): vscode.Uri {
    const { state } = this.#server;
    // Handles of another server mean other processes.
    const server = state.kind === "connected" ? state.rpc.facts.instanceId : "none";
    return vscode.Uri.from({ scheme, path: `/${kind}/${title}`, query: `${server}/${about}` });
  }

  #known() {
    return { known: this.#model, ownSession: this.#connected()?.facts.session ?? null };
  }

  readonly #connected = (): Rpc | null => (this.#server.state.kind === "connected" ? this.#server.state.rpc : null);
}

function titleOf({ name, pid }: ProcessInfo): string {
  return rowText(`${name}${pid === null ? "" : ` (${pid})`}`, 60).replaceAll(/[/\\]/g, "∕");
}
