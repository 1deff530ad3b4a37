// The contract of a store of artifacts, for every implementation.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ARTIFACT_CHUNK_BYTES } from '../../src/core/model-limits.ts';
import { type Artifact, sha256Of, sha256OfFile } from '../../src/core/model-content.ts';
import type { ArtifactStore } from '../../src/ports/artifact-store.ts';
import { Random } from '../../src/stats/random.ts';

const DAY_MS = 86_400_000;

/** Bytes that no compression makes fewer. */
export function randomBytes(count: number, seed: number): Buffer {
  const random = new Random(seed);
  return Buffer.from(Uint8Array.from({ length: count }, () => random.nextInt(256)));
}

export async function readArtifact(store: ArtifactStore, artifact: Artifact): Promise<Buffer> {
  const bytes = Buffer.alloc(artifact.bytes);
  for await (const part of store.read(artifact)) bytes.set(part.bytes, part.position);
  return bytes;
}

async function countParts(store: ArtifactStore, artifact: Artifact): Promise<number> {
  let count = 0;
  for await (const part of store.read(artifact)) count += part.bytes.length > 0 ? 1 : 0;
  return count;
}

/** @param open a store without artifacts, or another client of the same one */
export async function artifactStoreContract(t: Test, open: () => Promise<ArtifactStore>): Promise<void> {
  const [large, small, absent] = [
    randomBytes(ARTIFACT_CHUNK_BYTES * 2 + 7, 1),
    randomBytes(9, 2),
    'ab'.repeat(32),
  ];
  const store = await open();
  const missing = { sha256: absent, bytes: 9, offset: -1 };
  t.equal(await countParts(store, missing), 0, 'nothing is there at first');
  t.same(await store.list(), []);
  await store.remove([absent]);
  const path = join(t.testdir({ source: {} }), 'source', 'model');
  await writeFile(path, large);
  const file = { path, sha256: await sha256OfFile(path), bytes: large.length, offset: -1 };
  const first = await store.write(file, file.sha256);
  const second = await store.write(small, sha256Of(small));
  t.match(
    [first, second],
    [
      { sha256: sha256Of(large), bytes: large.length },
      { sha256: sha256Of(small), bytes: small.length },
    ],
  );
  const other = await open();
  t.ok((await readArtifact(other, first)).equals(large));
  t.ok((await readArtifact(other, { ...first, offset: 1e6 })).equals(large), 'a wrong place is a hint alone');
  t.ok((await readArtifact(other, second)).equals(small));
  t.equal(await countParts(other, missing), 0);
  const listed = (await other.list()).map(({ sha256, bytes }) => [sha256, bytes] as const);
  t.same(
    new Map(listed),
    new Map([
      [first.sha256, first.bytes],
      [second.sha256, second.bytes],
    ]),
  );
  t.ok((await other.list()).every(({ writtenMs }) => writtenMs > 0 && writtenMs <= Date.now() + 60_000));
  await other.remove([first.sha256, absent], Date.now() - DAY_MS);
  t.equal((await store.list()).length, 2, 'what was written since stays');
  await other.removeUnfinished(Date.now() + DAY_MS);
  t.equal((await store.list()).length, 2, 'what is whole stays');
  await other.remove([first.sha256, absent], Date.now() + DAY_MS);
  t.same(
    (await store.list()).map(({ sha256 }) => sha256),
    [second.sha256],
  );
  const again = await store.write(large, first.sha256);
  t.ok((await readArtifact(other, again)).equals(large), 'what was removed may come again');
  await other.remove([first.sha256, second.sha256]);
  t.same(await other.list(), []);
}
