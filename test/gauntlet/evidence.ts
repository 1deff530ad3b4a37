// What a world is judged by besides what is on the servers: gathered while it is played.
import { Figures } from './figures.ts';
import { judge, type Verdict } from './judge.ts';
import { readLeft, type Left } from './left.ts';
import type { Registered } from './oracle/decode.ts';
import { foretell, type SourceRecord } from './oracle/oracle.ts';
import type { Champion } from './oracle/score.ts';
import { leftSince } from './parts.ts';
import type { Declaration } from './declaration.ts';
import type { Stage } from './stage.ts';

export const idOf = ({ partition, offset }: SourceRecord): string => `${partition}-${offset}`;

export class Evidence {
  readonly stuck: string[] = [];
  readonly processEnds: string[] = [];
  readonly wrongAnswers: string[] = [];
  readonly champions: Champion[] = [];
  readonly figures: Figures = new Figures();
  /** Records of the source that it no longer has. */
  readonly former: SourceRecord[] = [];
  /** Ids of records that a setting lets the engine skip. */
  readonly skipped: Set<string> = new Set();

  /** @param before what was left before this part of the world */
  async judged(
    stage: Stage,
    declaration: Declaration,
    registered: Registered,
    before: Left | null,
  ): Promise<{ readonly verdict: Verdict; readonly left: Left }> {
    const { champions, figures, former, stuck, processEnds, wrongAnswers, skipped } = this;
    const now = await stage.java.read(declaration.topic);
    const known = new Set([...skipped, ...former.map(idOf)]);
    const records = [...former, ...now.filter((record) => !known.has(idOf(record)))];
    const left = await readLeft(stage, declaration);
    const expected = foretell({ declaration, champions, registered, records });
    const verdict = judge(expected, records, {
      left: before === null ? left : leftSince(before, left, records),
      metrics: figures.counters,
      lies: figures.lies,
      stuck,
      processEnds,
      wrongAnswers,
      skipped: skipped.size,
    });
    return { verdict, left };
  }
}
