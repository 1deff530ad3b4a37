// Writes the flights of the learning bench for test/vectors/learning.py (control path): node bench/learning/write-flights.ts FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import demo from '../../topologies/flights.ts';
import { flightRows } from './flights-stream.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name a folder');
mkdirSync(folder, { recursive: true });
const kinds = (demo.features?.features ?? []).map(({ kind }) => kind);
writeFileSync(join(folder, 'flights.json'), JSON.stringify(kinds));
for (const [part, values] of Object.entries(await flightRows()))
  writeFileSync(
    join(folder, `flights.${part}`),
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
