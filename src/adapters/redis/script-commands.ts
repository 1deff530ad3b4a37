// The scripts as commands of the client (control path).
import {
  CLEAR_SCRIPT,
  COMMIT_SCRIPT,
  FORGET_SCRIPT,
  GET_SCRIPT,
  ORPHAN_SCRIPT,
  RESTORE_SCRIPT,
  SERVED_SCRIPT,
} from './scripts.ts';

/** Commands that the scripts add to the client. Bytes must be Buffers: the client turns other arrays into text. */
export interface Scripts {
  mrRestoreBuffer(
    metaKey: string,
    generation: string,
    owner: string,
    takesOver: string,
    index: string,
  ): Promise<[live: number, meta: Buffer[]]>;
  mrCommitBuffer(metaKey: string, ...args: ReadonlyArray<string | Buffer>): Promise<number | Buffer[]>;
  mrClear(metaKey: string, generation: string, owner: string, prefix: string): Promise<number>;
  mrForget(metaKey: string, generation: string, owner: string, prefix: string, keys: Buffer): Promise<number>;
  mrOrphans(
    metaKey: string,
    generation: string,
    owner: string,
    prefix: string,
    keys: Buffer,
  ): Promise<number>;
  mrGetBuffer(
    metaKey: string,
    owner: string,
    commit: string,
    underWay: string,
    prefix: string,
    keys: Buffer,
  ): Promise<Array<Buffer | number | null>>;
  mrServedBuffer(metaKey: string, prefix: string, keys: Buffer): Promise<Array<Buffer | number | null>>;
}

interface Script {
  readonly lua: string;
  readonly numberOfKeys: number;
  readonly readOnly?: boolean;
}

export const scripts: Record<string, Script> = {
  mrRestore: { lua: RESTORE_SCRIPT, numberOfKeys: 1 },
  mrCommit: { lua: COMMIT_SCRIPT, numberOfKeys: 1 },
  mrGet: { lua: GET_SCRIPT, numberOfKeys: 1, readOnly: true },
  mrServed: { lua: SERVED_SCRIPT, numberOfKeys: 1, readOnly: true },
  mrClear: { lua: CLEAR_SCRIPT, numberOfKeys: 1 },
  mrForget: { lua: FORGET_SCRIPT, numberOfKeys: 1 },
  mrOrphans: { lua: ORPHAN_SCRIPT, numberOfKeys: 1 },
};
