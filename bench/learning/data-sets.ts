// Data sets that River ships (control path), as test/vectors/learning.py has written them.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Stream } from './generators.ts';

/** Its rows in their order; after the last one the first again. */
export function* shipped(name: string): Stream {
  const file = new URL(`./data/${name}.json.gz`, import.meta.url);
  const rows = JSON.parse(gunzipSync(readFileSync(file)).toString()) as number[][]; // written by learning.py
  for (;;) for (const row of rows) yield { x: row.slice(0, -1), y: row.at(-1) ?? Number.NaN };
}
