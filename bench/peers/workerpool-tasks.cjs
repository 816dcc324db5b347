const workerpool = require("workerpool");
const { noop, size } = require("./tasks.cjs");

workerpool.worker({ noop, size });
