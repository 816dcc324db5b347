import { describe } from "node:test";
import { needs } from "../../tools/needs.js";
import { reportTests } from "./python-tests.js";

const skip = process.platform === "linux" ? needs("python3").skip : "channels are Linux's";

describe("pipes of the Python binding go past the server, and programs see no difference", { skip }, () =>
  reportTests("pipe_channels.py"),
);
