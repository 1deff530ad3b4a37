// Misspelt names (control path): an option that does not exist is an error, with the name that was probably meant.

/**
 * A clause for each key of `given` that is not among `known`: `there is no option 'everyRow'; did you mean 'everyRows'?`
 * @param what names one of them, with what they belong to: `option of retraining`
 */
export function unknownKeys(given: object, known: readonly string[], what = 'option'): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `there is no ${what} '${key}'${suggestion(key, known)}`);
}

/** `; did you mean 'everyRows'?`, or the names that there are if none is close. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== null) return `; did you mean '${near}'?`;
  return known.length === 0 ? '' : `: there are ${known.join(', ')}`;
}

/** The closest name, if at most a third of it differs; null otherwise. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance || distance > Math.max(1, candidate.length / 3)) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Edits between two names, a swap of neighbouring letters among them: optimal string alignment. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, (last[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
