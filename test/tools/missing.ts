/** Prints Debian's packages of the tools that tests need and this machine does not have, in one line: for `.ci/run`. */
import { debianPackages, missingTools } from "./tools.js";

console.log(debianPackages(missingTools()).join(" "));
