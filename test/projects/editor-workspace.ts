import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fixture } from "../fixture.js";
import { temporaryFolder } from "../temporary-folder.js";
import { makeProject, projects, type Project, type ProjectName, type Tool } from "./project.js";

/** What loads TypeScript in each project of the workspace. */
const tools: Record<ProjectName, Tool> = {
  esm: "typescript",
  commonjs: "swc",
  typeless: "esbuild",
  workspaces: "tsx-4",
  build: "esbuild",
  vite: "tsx-4",
  next: "swc",
  metadata: "typescript",
};

/** Has a virtual environment of its own; the others use that of the folder above them. */
const withEnvironment: ProjectName = "workspaces";

/** Their function has no lens: it is a member of an object, or returns JSX as a component does. */
const withoutLens: ProjectName[] = ["workspaces", "vite"];

/** A project as a folder of a workspace: what `projects.json` beside the `.code-workspace` file says of it. */
export interface WorkspaceProject extends Project {
  name: ProjectName;
  /** Absolute path. */
  folder: string;
  /** The editor shows a lens above its function. */
  hasLens: boolean;
  /** Absolute path of its virtual environment. */
  environment: string;
  /** NAME of the package `house`, which is installed there. */
  house: string;
}

/** All projects in one workspace. In each a `check.ts` and a `check.py` lie beside its module, and files in `texts`. */
export function makeEditorWorkspace(test: { after(clean: () => void): void }): string {
  const folder = realpathSync(temporaryFolder(test));
  makeEnvironment(join(folder, ".venv"), "all");
  const all = (Object.keys(projects) as ProjectName[]).map((name): WorkspaceProject => {
    const project = makeProject(test, name, tools[name], folder);
    const module = join(project, projects[name].module);
    for (const file of ["check.ts", "check.py"])
      copyFileSync(fixture(`projects/checks/${file}`), join(dirname(module), file));
    const texts = { "a.txt": "hello wide world", "empty.txt": "", "wait.txt": "wait" };
    mkdirSync(join(project, "texts"));
    for (const [text, content] of Object.entries(texts)) writeFileSync(join(project, "texts", text), content);
    const isOwn = name === withEnvironment;
    const environment = join(isOwn ? project : folder, ".venv");
    if (isOwn) makeEnvironment(environment, name);
    const hasLens = !withoutLens.includes(name);
    return { ...projects[name], name, folder: project, hasLens, environment, house: isOwn ? name : "all" };
  });
  writeFileSync(join(folder, "projects.json"), JSON.stringify(all));
  const file = join(folder, "all.code-workspace");
  writeFileSync(file, JSON.stringify({ folders: all.map(({ name }) => ({ path: name })) }));
  return file;
}

function makeEnvironment(path: string, house: string): void {
  execFileSync("python3", ["-m", "venv", "--without-pip", path]);
  const lib = join(path, "lib");
  writeFileSync(join(lib, readdirSync(lib)[0]!, "site-packages", "house.py"), `NAME = "${house}"\n`);
}
