// What a run left, as rows that can be compared: an id and everything else as text.

export interface LeftRow {
  readonly id: string;
  readonly content: string;
}

export interface Difference {
  readonly expected: number;
  readonly found: number;
  /** Ids that the undisturbed run has and this one lacks. */
  readonly lost: readonly string[];
  /** Ids that are there more than once. */
  readonly doubled: readonly string[];
  /** Ids with other contents, with both. */
  readonly differing: readonly string[];
  /** Ids that the undisturbed run does not have. */
  readonly strange: readonly string[];
}

/** Each expected id must be found once, with its content, and no other. */
export function compareRows(expected: readonly LeftRow[], found: readonly LeftRow[]): Difference {
  const wanted = new Map(expected.map(({ id, content }) => [id, content]));
  const seen = new Set<string>();
  const doubled: string[] = [];
  const differing: string[] = [];
  const strange: string[] = [];
  for (const { id, content } of found) {
    if (seen.has(id)) {
      doubled.push(id);
      continue;
    }
    seen.add(id);
    const right = wanted.get(id);
    if (right === undefined) strange.push(`${id} (${content.slice(0, 100)})`);
    else if (right !== content) differing.push(`${id}: ${content} instead of ${right}`);
  }
  const lost = [...wanted.keys()].filter((id) => !seen.has(id));
  return { expected: wanted.size, found: found.length, lost, doubled, differing, strange };
}

export function isSame({ lost, doubled, differing, strange }: Difference): boolean {
  return lost.length + doubled.length + differing.length + strange.length === 0;
}
