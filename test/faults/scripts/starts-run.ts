/** A script that starts a run on the server of POLYPROC_ADDRESS, says its handle, and does nothing more. */
import { connect } from "polyproc";
import { encode } from "../../../bindings/typescript/session/codec.js";

const [modulePath, exportName, count] = process.argv.slice(2) as [string, string, string];
const mp = await connect(process.env["POLYPROC_ADDRESS"]!);
const { run } = await mp.connection.request("run/start", {
  run: `run:${mp.connection.facts.session}.1`,
  target: { module: modulePath, export: exportName },
  items: Array.from({ length: Number(count) }, (_, n) => encode(n)),
  processes: 2,
});
console.log(run.run);
setInterval(() => {}, 1000);
