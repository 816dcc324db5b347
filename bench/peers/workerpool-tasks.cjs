const workerpool = require("workerpool");
const { make, noop, size } = require("./tasks.cjs");

workerpool.worker({ make, noop, size });
