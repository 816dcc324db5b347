import { hostname } from "node:os";
import { task } from "polyproc";

export interface Range {
  from: number;
  to: number;
}

/** How many primes are in the range, and on which host they were counted. */
export function countPrimes({ from, to }: Range): { host: string; primes: number } {
  let primes = 0;
  for (let n = Math.max(2, from); n < to; n++) if (isPrime(n)) primes++;
  return { host: process.env["EXAMPLE_HOST"] ?? hostname(), primes };
}

/** The function for pools. On real hosts, this file has the same path on all of them. */
export const primesOf = task(import.meta, countPrimes);

function isPrime(n: number): boolean {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
  return true;
}
