import { stat } from "node:fs/promises";
import * as vscode from "vscode";
import { ItemsError } from "./item-source.js";

/** The part of the built-in Git extension's API (version 1) that is used here. */
interface GitExtension {
  getAPI(version: 1): GitApi;
}
interface GitApi {
  readonly state: "uninitialized" | "initialized";
  readonly onDidChangeState: vscode.Event<unknown>;
  readonly repositories: readonly Repository[];
}
interface Repository {
  readonly state: Record<"mergeChanges" | "indexChanges" | "workingTreeChanges", readonly Change[]> & {
    untrackedChanges?: readonly Change[];
  };
  status(): Promise<void>;
}
interface Change {
  /** Where the file is now. */
  readonly uri: vscode.Uri;
}

/** Git looks for repositories when the window opens. */
const patienceMs = 10_000;

/** Absolute paths of the files with changes, sorted. Fails with ItemsError when Git cannot be asked. */
export async function changedFiles(): Promise<string[]> {
  const api = await gitApi();
  if (api.repositories.length === 0)
    throw new ItemsError("no Git repository is open in this window: open its folder, or choose the files another way");
  const paths = new Set<string>();
  for (const repository of api.repositories) {
    // The Git extension may not know yet of a file that was just saved.
    await repository.status();
    const { mergeChanges, indexChanges, workingTreeChanges, untrackedChanges = [] } = repository.state;
    for (const { uri } of [...mergeChanges, ...indexChanges, ...workingTreeChanges, ...untrackedChanges])
      paths.add(uri.fsPath);
  }
  const files: string[] = [];
  // Deleted files are gone, submodules are folders.
  for (const path of paths) if ((await stat(path).catch(() => null))?.isFile()) files.push(path);
  return files.sort();
}

async function gitApi(): Promise<GitApi> {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  if (!extension)
    throw new ItemsError("VS Code's built-in Git extension is disabled: enable it, or choose the files another way");
  let api: GitApi;
  try {
    api = (await extension.activate()).getAPI(1);
  } catch {
    throw new ItemsError("Git is not available: check the settings git.enabled and git.path");
  }
  await initialized(api);
  return api;
}

function initialized(api: GitApi): Promise<void> {
  if (api.state === "initialized") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      listener.dispose();
    };
    const timer = setTimeout(() => {
      done();
      reject(new ItemsError("Git is still looking for repositories: try again in a moment"));
    }, patienceMs);
    const listener = api.onDidChangeState(() => {
      if (api.state !== "initialized") return;
      done();
      resolve();
    });
  });
}
