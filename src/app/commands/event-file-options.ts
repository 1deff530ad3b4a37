// The options of every verb that reads a file of events (control path).
import { columnNames, text } from '../cli/flags.ts';
import { required, valued, type Option } from '../cli/verb.ts';

export const EVENTS: Option<string> = required(
  '--events <file>',
  'file of events: one JSON object per line',
  text,
);

export const RECORD_KEY: Option<readonly string[] | undefined> = valued(
  '--key <columns>',
  "columns of the record key; those of the topology's first view by default",
  columnNames,
);
