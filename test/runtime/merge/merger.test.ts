// The merge releases the rows of its sources in one order, whatever the order in which their groups come, and however often
// it starts again: that of their watermarks, as an oracle sorts them.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { partitionName, type TopicPartition } from '../../../src/core/topic-partition.ts';
import { MergedRuns } from '../../../src/runtime/merge/merged-runs.ts';
import { packState, parseState } from '../../../src/runtime/merge/merge-state.ts';
import { Merger } from '../../../src/runtime/merge/merger.ts';
import { GroupWriter, readGroup, type RowGroup } from '../../../src/runtime/merge/row-group.ts';

interface Row {
  readonly offset: number;
  readonly watermarkMs: number;
}

/** A source's rows in groups, each with the progress after it. */
type SourceRows = ReadonlyArray<{
  readonly rows: readonly Row[];
  readonly offsetNext: number;
  readonly watermarkMs: number;
}>;

function bytesOf(source: TopicPartition, { rows, ...progress }: SourceRows[number]): Buffer {
  const texts = rows.map(({ offset }) => Buffer.from(`${partitionName(source)}-${offset}`));
  const writer = new GroupWriter(source, rows.length, 2 * texts.reduce((sum, { length }) => sum + length, 0));
  const column = ByteColumn.of(texts);
  for (const [i, { offset, watermarkMs }] of rows.entries())
    writer.add(offset, watermarkMs, offset, column, i, column, i);
  return writer.finish(progress);
}

function groupOf(bytes: Buffer): RowGroup {
  const group = readGroup(bytes);
  if ('reason' in group) throw new Error(group.detail);
  return group;
}

/** Random steps of event time and offset, cut into groups. */
const sourceArbitrary = fc
  .array(fc.record({ stepMs: fc.nat(3), gap: fc.nat(2), ends: fc.boolean(), isRow: fc.boolean() }), {
    maxLength: 20,
  })
  .map((steps): SourceRows => {
    const groups: Array<SourceRows[number]> = [];
    let rows: Row[] = [];
    let offset = 0;
    let watermarkMs = 1_000_000.5;
    for (const { stepMs, gap, ends, isRow } of steps) {
      watermarkMs += stepMs;
      offset += gap;
      if (isRow) rows.push({ offset, watermarkMs });
      offset += 1;
      if (!ends) continue;
      groups.push({ rows, offsetNext: offset, watermarkMs });
      rows = [];
    }
    return [...groups, { rows, offsetNext: offset, watermarkMs }];
  });

const SOURCES = [
  { topic: 'b', partition: 2 },
  { topic: 'a', partition: 1 },
  { topic: 'b', partition: 10 },
  { topic: 'a', partition: 0 },
] as const;

/** The order that the contents of the sources alone determine. */
function oracle(contents: readonly SourceRows[]): string[] {
  const rows = contents.flatMap((groups, i) => {
    const source = SOURCES[i] as TopicPartition;
    return groups.flatMap((group) => group.rows.map((row) => ({ ...row, source })));
  });
  const byKey = (a: (typeof rows)[number], b: (typeof rows)[number]): number =>
    a.watermarkMs - b.watermarkMs ||
    (a.source.topic < b.source.topic ? -1 : a.source.topic > b.source.topic ? 1 : 0) ||
    a.source.partition - b.source.partition ||
    a.offset - b.offset;
  return rows.toSorted(byKey).map(({ source, offset }) => `${partitionName(source)}-${offset}`);
}

function textsOf(runs: MergedRuns): string[] {
  const { keys, values, header, timestampMs } = runs.block(3);
  const texts = Array.from(keys, String);
  const copies = [Array.from(values, String), Array.from(header?.values ?? [], String)];
  const times = texts.map((text) => Number(text.split('-').at(-1)));
  if (copies.some((copy) => String(copy) !== String(texts)) || String(times) !== String([...timestampMs]))
    throw new Error(`not the rows of ${texts.join(', ')}`);
  return texts;
}

/** A merge that is killed after some of the steps, and starts again from what it committed. */
class Killed {
  readonly log: Buffer[] = [];
  readonly released: string[] = [];
  #merger = this.#fresh();
  #restored = parseState(packState(0, []));
  #metadata = '';
  #from = 0;
  #position = 0;

  #fresh(): Merger {
    const merger = new Merger(() => 0);
    for (const source of SOURCES) merger.source(source);
    return merger;
  }

  /** Takes the rest of the log. */
  take(): void {
    for (; this.#position < this.log.length; this.#position++) {
      const bytes = this.log[this.#position] as Buffer;
      const group = groupOf(bytes);
      const source = this.#merger.source(group.source);
      if (this.#position >= (this.#restored?.position ?? 0)) {
        this.#merger.add(source, group, this.#position, bytes.length);
        this.#merger.heard(source, group);
        continue;
      }
      const { topic, partition } = source;
      const waiting = this.#restored?.sources.find(
        (state) => state.topic === topic && state.partition === partition,
      )?.waiting;
      if (waiting && this.#position >= waiting.place)
        this.#merger.add(
          source,
          group,
          this.#position,
          bytes.length,
          this.#position === waiting.place ? waiting.released : 0,
        );
    }
    this.#merger.unload(500);
  }

  /** Releases what it can; commits it, or dies before. */
  release(rowsMax: number, quiet: boolean, isKilled: boolean): void {
    const runs = new MergedRuns();
    for (const source of this.#merger.sources) source.isQuiet = quiet;
    for (;;) {
      const stop = this.#merger.release(runs, rowsMax, Number.POSITIVE_INFINITY);
      if (stop.kind !== 'unloaded') break;
      const { head } = stop.source;
      if (head !== undefined) this.#merger.load(head, groupOf(this.log[head.place] as Buffer));
    }
    if (!isKilled) {
      this.released.push(...textsOf(runs));
      this.#metadata = packState(this.#position, this.#merger.sources);
      this.#from = this.#merger.firstPlace(this.#position);
      return;
    }
    this.#merger = this.#fresh();
    this.#restored = parseState(this.#metadata);
    this.#position = this.#from;
    for (const state of this.#restored?.sources ?? []) this.#merger.source(state).progress = state.progress;
    this.take();
  }
}

t.test(
  'the order is that of the sources, whatever comes first and however often it starts again',
  async (t) => {
    fc.assert(
      fc.property(
        fc.tuple(sourceArbitrary, sourceArbitrary, sourceArbitrary, sourceArbitrary),
        fc.array(fc.record({ source: fc.nat(3), rowsMax: fc.integer({ min: 1, max: 9 }), kill: fc.nat(3) }), {
          minLength: 1,
          maxLength: 120,
        }),
        (contents, steps) => {
          const merge = new Killed();
          const next = contents.map(() => 0);
          const send = (i: number): boolean => {
            const group = contents[i]?.[next[i] ?? 0];
            if (group === undefined) return false;
            next[i] = (next[i] ?? 0) + 1;
            merge.log.push(bytesOf(SOURCES[i] as TopicPartition, group));
            return true;
          };
          for (const { source, rowsMax, kill } of steps) {
            send(source);
            merge.take();
            merge.release(rowsMax, false, kill === 0);
          }
          const wanted = oracle(contents);
          t.strictSame(merge.released, wanted.slice(0, merge.released.length), 'so far');
          for (let i = 0; i < contents.length; i++) while (send(i)) merge.take();
          merge.take();
          merge.release(1, false, true);
          merge.release(Number.POSITIVE_INFINITY, true, false);
          t.strictSame(merge.released, wanted);
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 150, seed: 1, endOnFailure: true },
    );
  },
);

t.test('what is no group, and no state, is refused', async (t) => {
  const bytes = bytesOf(
    { topic: 'a', partition: 0 },
    { rows: [{ offset: 1, watermarkMs: 5 }], offsetNext: 2, watermarkMs: 5 },
  );
  t.notMatch(readGroup(bytes), { reason: String });
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = ((damaged[at] as number) + by) % 256;
      for (const junk of [damaged, bytes.subarray(0, at)])
        if (!('reason' in readGroup(junk))) throw new Error(`${at} + ${by} is not noticed`);
    }),
    { numRuns: 200, seed: 1 },
  );
  const backwards = { rows: [{ offset: 1, watermarkMs: 5 }], offsetNext: 1, watermarkMs: 5 };
  t.match(readGroup(bytesOf({ topic: 'a', partition: 0 }, backwards)), { reason: 'range' });
  for (const metadata of ['', '{}', '[1,2,[],3]', 'moved', packState(3, []).replace('3', '4')])
    t.equal(parseState(metadata), null);
});

t.test('a state names the newest row, and those of earlier releases name none', async (t) => {
  const merger = new Merger(() => 0);
  const sources = [merger.source({ topic: 'b', partition: 1 }), merger.source({ topic: 'a', partition: 3 })];
  const [source] = sources;
  for (const place of [0, 12, 12 + 2 / 32_768, 2 ** 40]) {
    const state = parseState(packState(9, merger.sources, source === undefined ? null : { source, place }));
    t.match(state?.last, { source: { topic: 'b', partition: 1 }, place });
  }
  t.equal(parseState(packState(9, merger.sources))?.last, null);
  const values = [9, 0, [['a', '3.-.-']]];
  const earlier = JSON.stringify([...values, crc32(JSON.stringify(values))]);
  t.match(parseState(earlier), { position: 9, last: null, sources: [{ topic: 'a', partition: 3 }] });
  const odd = [...values, [7, 1]];
  t.equal(
    parseState(JSON.stringify([...odd, crc32(JSON.stringify(odd))])),
    null,
    'a source that is not there',
  );
});
