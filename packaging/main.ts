import { join, relative, resolve } from "node:path";
import { root } from "../extension/build/root.js";
import { setAddress } from "./address.js";
import { bundleCommand } from "./command.js";
import { inlinePackages } from "./inline.js";
import { installAll } from "./install.js";
import { buildNative } from "./native.js";
import { packAll } from "./packages.js";

const [command, argument] = process.argv.slice(2);
const outdir = resolve(argument ?? join(root, "dist"));

switch (command) {
  case "package":
    for (const path of Object.values(await packAll(outdir))) console.log(relative(process.cwd(), path as string));
    break;
  case "install":
    process.exitCode = await installAll(outdir);
    break;
  case "prepack":
    await inlinePackages();
    await bundleCommand();
    break;
  case "native":
    for (const path of await buildNative((line) => console.error(line))) console.log(relative(process.cwd(), path));
    break;
  case "address":
    await setAddress(argument ?? "");
    break;
  default:
    console.error(
      "usage: node dist/packaging/main.js package [FOLDER] | install [FOLDER] | prepack | native | address URL",
    );
    process.exitCode = 2;
}
