/** The groups of files in which each file reaches each other by imports, in the order of their paths. */
export function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (path: string) => {
    numbers.set(path, numbers.size);
    lowest.set(path, numbers.get(path)!);
    open.push(path);
    for (const target of imports.get(path) ?? []) {
      if (!imports.has(target)) continue;
      if (!numbers.has(target)) visit(target);
      if (open.includes(target)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!));
    }
    if (lowest.get(path) === numbers.get(path)) found.push(open.splice(open.indexOf(path)).sort());
  };
  for (const path of imports.keys()) if (!numbers.has(path)) visit(path);
  return found.filter((circle) => circle.length > 1);
}
