/** Counts the primes up to a limit, by the sieve of Eratosthenes. Keeps a CPU busy. */
export function countPrimes(limit) {
  const composite = new Uint8Array(limit + 1);
  let count = 0;
  for (let n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    count++;
    for (let multiple = n * n; multiple <= limit; multiple += n) composite[multiple] = 1;
  }
  return count;
}

/** The factors of a number, smallest first. */
export const factors = (number) => {
  const found = [];
  for (let divisor = 2; divisor * divisor <= number; divisor++) {
    while (number % divisor === 0) {
      found.push(divisor);
      number /= divisor;
    }
  }
  return number > 1 ? [...found, number] : found;
};
