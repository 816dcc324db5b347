import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

describe("polyproc.aio", needs("python3"), () => {
  for (const part of ["locks", "messages", "workers", "loops"]) describe(part, () => reportTests(`aio_${part}.py`));
});
