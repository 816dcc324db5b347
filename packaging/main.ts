import { setAddress } from "./address.js";
import { inlineMsgpackr } from "./inline.js";

switch (process.argv[2]) {
  case "inline":
    await inlineMsgpackr();
    break;
  case "address":
    await setAddress(process.argv[3] ?? "");
    break;
  default:
    console.error("usage: node dist/packaging/main.js inline | address https://github.com/OWNER/polyproc");
    process.exitCode = 2;
}
