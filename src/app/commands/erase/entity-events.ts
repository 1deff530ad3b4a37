// The events of an entity by their offsets, and the rows of the history that they led to (control path).
import type { ErasedHistory, EventSource } from '../../../ports/history.ts';
import { entityRows, identifying } from '../../../runtime/erasure/entity-rows.ts';
import { entityDigest, ErasedRows } from '../../../runtime/erasure/erased-rows.ts';
import type { Protection } from '../../../runtime/personal/protection.ts';
import { openSourceDecoder } from '../../../runtime/task/source-decoder.ts';
import type { Topology } from '../../../topology/define.ts';
import type { SourceFormat } from '../../../topology/source-format.ts';
import type { Adapters } from '../../compose/adapters.ts';

export interface EntityEventsParts {
  readonly topology: Topology;
  /** The source's entity column. */
  readonly column: string;
  /** As stages see it. */
  readonly entity: string;
  readonly adapters: Adapters;
  readonly format: Pick<SourceFormat, 'decoder'>;
  readonly protection: Protection;
}

export class EntityEvents {
  readonly #parts: EntityEventsParts;
  /** Offsets of the entity's events, by partition. */
  readonly #offsets: Array<Set<number>>;
  /** Up to where each partition was searched. */
  readonly #searched: number[];

  constructor(parts: EntityEventsParts) {
    this.#parts = parts;
    const { partitions } = parts.topology.source;
    this.#offsets = Array.from({ length: partitions }, () => new Set());
    this.#searched = Array.from({ length: partitions }, () => 0);
  }

  /** Searches on from where the last search ended. @param ends by partition; by default the ends of the topic */
  async find(ends?: readonly number[]): Promise<void> {
    const { topology, adapters } = this.#parts;
    const until = ends ?? (await adapters.log.ends(topology.source.topic)).map(({ end }) => end);
    for (const partition of this.#offsets.keys()) await this.#search(partition, until[partition] ?? 0);
  }

  async #search(partition: number, until: number): Promise<void> {
    const { topology, column, entity, adapters, format, protection } = this.#parts;
    const { name, source } = topology;
    const { log, history } = adapters;
    const from = this.#searched[partition] ?? 0;
    if (until <= from) return;
    const archive = source.archive === true ? await protection.archive(partition, history) : null;
    const decoder = await openSourceDecoder(topology, format);
    const parts = { log, archive, decoder, treat: identifying(name, source, protection.hash) };
    const rows = new ErasedRows(name, column, new Map([[entityDigest(name, entity), until]]));
    const offsets = this.#offsets[partition];
    for await (const { rows: live, offsets: at } of entityRows(
      parts,
      this.#source(partition),
      rows,
      from,
      until,
    ))
      for (const row of live) offsets?.add(at[row] as number);
    this.#searched[partition] = until;
  }

  #source(partition: number): EventSource {
    const { name, source } = this.#parts.topology;
    return { topology: name, topic: source.topic, partition };
  }

  /**
   * Adds what came after the search, up to where the entity is erased, and events that the topic has lost, by their rows.
   * @param below by partition
   */
  async found(below: readonly number[]): Promise<void> {
    await this.find(below);
    const { topology, column, entity, adapters } = this.#parts;
    const views = Object.entries(topology.features?.options.views ?? {})
      .filter(([, { key }]) => key.length === 1 && key[0] === column)
      .map(([view]) => view);
    const isKey = topology.score?.options.key === column;
    for (const [partition, offsets] of this.#offsets.entries()) {
      const rows = await adapters.history.offsetsOf(this.#source(partition), { value: entity, views, isKey });
      for (const offset of rows) if (offset < (below[partition] ?? 0)) offsets.add(offset);
    }
  }

  async eraseRows(): Promise<ErasedHistory> {
    const { history } = this.#parts.adapters;
    let rows = { features: 0, predictions: 0, labels: 0 };
    for (const [partition, offsets] of this.#offsets.entries()) {
      if (offsets.size === 0) continue;
      const sorted = [...offsets].sort((a, b) => a - b);
      const erased = await history.erase(this.#source(partition), sorted);
      rows = {
        features: rows.features + erased.features,
        predictions: rows.predictions + erased.predictions,
        labels: rows.labels + erased.labels,
      };
    }
    return rows;
  }
}
