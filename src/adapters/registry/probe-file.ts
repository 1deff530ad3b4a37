// The file with what the last probe of a version found (control path).
import { readFile } from 'node:fs/promises';
import { MillraceError } from '../../core/errors.ts';
import { fileError, systemCode } from '../../core/file-errors.ts';
import type { ProbeReport } from '../../core/probe-report.ts';
import { parseProbe } from '../../core/probe-shape.ts';

export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}

/**
 * Null if there is none, or if it is of other bytes than the model's.
 * @param sha256 of the model
 * @throws MODEL_INVALID for a file that is damaged or cannot be read
 */
export async function readProbe(path: string, sha256: string): Promise<ProbeReport | null> {
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw fileError(error, 'read the record of a probe', path, 'MODEL_INVALID');
  }
  try {
    const report = parseProbe(json);
    return report.sha256 === sha256 ? report : null;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new MillraceError('MODEL_INVALID', `the record of the probe is damaged: ${error.message}`, {
      where: path,
      remedy: 'Probe the version again: millrace models probe.',
      cause: error,
    });
  }
}
