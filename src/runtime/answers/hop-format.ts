// The format of a hop's topic, opened like that of a source (control path).
import type { Topology } from '../../topology/definition.ts';
import { hopSchema } from '../../topology/hop-columns.ts';
import type { SourceFormat } from '../../topology/source-format.ts';
import { HopRowDecoder } from './hop-row-decoder.ts';

export class HopFormat implements Pick<SourceFormat, 'decoder'> {
  readonly #front: Pick<Topology, 'source' | 'stages'>;
  readonly #format: Pick<SourceFormat, 'decoder'>;
  readonly #columns: readonly string[];

  /**
   * @param front the part that sends the events
   * @param format of the source, which says of what kind its columns are
   * @param columns that the views of the hop read
   */
  constructor(
    front: Pick<Topology, 'source' | 'stages'>,
    format: Pick<SourceFormat, 'decoder'>,
    columns: readonly string[],
  ) {
    this.#front = front;
    this.#format = format;
    this.#columns = columns;
  }

  /** Of a partition. */
  async decoder(): Promise<HopRowDecoder> {
    const { schema } = await this.#format.decoder();
    return new HopRowDecoder(hopSchema(this.#front, schema, this.#columns));
  }
}
