// Why a topology file cannot be loaded, and where in it (control path): `payments.ts:14:7: Expected ','`.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { placeOf, shortPath } from '../../core/definition.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';

/** Problems that `defineTopology` reports have their places already. */
const HAS_PLACE = /^(\d+ problems:|\S+:\d+:\d+ )/;

/** What an import threw, as TOPOLOGY_INVALID with the place in the file. */
export function loadError(error: unknown, file: string): MillraceError {
  if (error instanceof MillraceError) {
    const place = placeOf(error);
    if (place === null || HAS_PLACE.test(error.what)) return error;
    const { where, remedy } = error;
    const detail = {
      cause: error,
      ...(where !== undefined && { where }),
      ...(remedy !== undefined && { remedy }),
    };
    return new MillraceError(error.code, `${place} ${error.what}`, detail);
  }
  const place = syntaxPlace(error) ?? importPlace(error) ?? (error instanceof Error ? placeOf(error) : null);
  const what = place === null ? `${shortPath(file)}: ${messageOf(error)}` : `${place} ${messageOf(error)}`;
  return new MillraceError('TOPOLOGY_INVALID', what.replace(/\.$/, ''), { cause: error });
}

/**
 * The stack of a syntax error begins with the file and the line; the line itself follows, with a mark below the column:
 *
 *     file:///home/ann/payments.ts:2
 *     const limits = [1, 2;
 *                        ^
 */
function syntaxPlace(error: unknown): string | null {
  if (!(error instanceof SyntaxError)) return null;
  const [first = '', ...lines] = (error.stack ?? '').split('\n');
  const [, file, row] = /^((?:file:\/\/|\/|[A-Za-z]:\\).*):(\d+)$/.exec(first) ?? [];
  if (file === undefined) return null;
  const mark = lines.find((line) => /^\s*\^/.test(line));
  return `${shortPath(file)}:${row}:${mark === undefined ? 1 : mark.indexOf('^') + 1}`;
}

const IMPORTED_FROM = /^Cannot find (?:package|module) '([^']+)' imported from (.+)$/;
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;

/** Where a module is imported that does not exist; Node says only by which file. */
function importPlace(error: unknown): string | null {
  const [, wanted, importer] = IMPORTED_FROM.exec(messageOf(error)) ?? [];
  if (wanted === undefined || importer === undefined) return null;
  const text = readFileSync(importer, 'utf8');
  for (const match of text.matchAll(SPECIFIER)) {
    const specifier = match[2] as string;
    const target = specifier.startsWith('.') ? resolve(dirname(importer), specifier) : specifier;
    if (target !== wanted && !target.startsWith(`${wanted}/`)) continue;
    const before = text.slice(0, match.index + match[0].lastIndexOf(specifier) - 1).split('\n');
    return `${shortPath(importer)}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
  }
  return shortPath(importer);
}
