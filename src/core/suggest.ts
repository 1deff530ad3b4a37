// Suggests the name that a user probably meant (control path).

/** Edits (insertions, deletions, replacements, swaps of neighbours) between two names; optimal string alignment. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isEqual = a[i - 1] === b[j - 1];
      let edits = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1);
      edits = Math.min(edits, (last[j - 1] as number) + (isEqual ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, (beforeLast[j - 2] as number) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}

/** A name is suggested if at most this share of it was mistyped. */
const EDITS_SHARE_MAX = 0.34;

/** The known name closest to `name`, ignoring case; null if none is close. */
export function suggest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestEdits = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= bestEdits || edits > Math.max(1, EDITS_SHARE_MAX * candidate.length)) continue;
    best = candidate;
    bestEdits = edits;
  }
  return best;
}

/** `; did you mean X?`, or nothing if no known name is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const closest = suggest(name, known);
  return closest === null ? '' : `; did you mean ${closest}?`;
}
