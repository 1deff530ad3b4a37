// The option that names the data folder of an engine (control path).
import { resolve } from 'node:path';
import { text } from '../cli/flags.ts';
import { type Option, valued } from '../cli/verb.ts';
import type { Config } from '../settings/config.ts';

export const DATA: Option<string | undefined> = valued(
  '--data <folder>',
  'data folder of the engine (default: MILLRACE_DATA)',
  text,
);

/** The configuration with the folder, if the option is given. */
export function at(config: Config, data: string | undefined): Config {
  return data === undefined ? config : { ...config, dataFolder: resolve(data) };
}
