// What a topology declares lookup tables and joins with (control path): a part of the public surface.
export { inTable } from '../operators/contract-in-table.ts';
export {
  intervalJoin,
  type IntervalJoinOptions,
  type JoinedValue,
  type JoinedValues,
  type JoinReads,
  type JoinStage,
  type JoinTypes,
} from '../operators/interval-join.ts';
export {
  lookup,
  type LookupOptions,
  type LookupStage,
  type Taken,
  type TakenTypes,
} from '../operators/lookup.ts';
export type { Table } from '../ports/table.ts';
export {
  table,
  type FileTable,
  type HttpTable,
  type QueryTable,
  type TableBase,
  type TableOptions,
  type TopicTable,
} from './table.ts';
