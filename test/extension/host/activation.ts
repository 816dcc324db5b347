import assert from "node:assert/strict";
import { activated } from "./harness/extension.js";
import { note } from "./harness/note.js";

describe("activation", () => {
  it("takes less time than anybody notices", async () => {
    const from = performance.now();
    const { extension } = await activated();
    note(`activated in ${(performance.now() - from).toFixed(1)} ms`);
    assert.equal(extension.isActive, true);
  });
});
