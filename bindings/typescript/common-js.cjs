"use strict";

// Node gives CommonJS the exports of an ES module.
module.exports = require("../../dist/bindings/typescript/index.js");
