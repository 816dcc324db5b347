import * as v from "valibot";

/** Address of a cluster's Redis. It may hold a password, so no message quotes it. */
export const clusterAddress = () => v.pipe(v.string("expected an address"), v.minLength(1), v.maxLength(2000));

/** A label of a host, such as `gpu`. */
export const label = () => v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/, "expected letters, digits, and . _ -"));
