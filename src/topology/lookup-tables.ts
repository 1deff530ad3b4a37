// What a topology declares lookup tables with (control path): a part of the public surface.
export { inTable } from '../operators/contract-in-table.ts';
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
