/*
 * For CommonJS. TypeScript before 5.8, and with the module kinds `node16` and `node18`, refuses a file of CommonJS that
 * imports an ES module. Such a compiler accepts this declaration: it ignores the error here.
 */
// @ts-ignore
import polyproc = require("../../dist/bindings/typescript/index.js");
export = polyproc;
