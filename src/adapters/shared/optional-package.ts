// Packages that a user installs where they are needed (control path).
import { MillraceError } from '../../core/errors.ts';

export interface OptionalPackage {
  readonly name: string;
  /** What needs it, as the subject of a sentence in the plural or singular with its verb: `a schema registry needs`. */
  readonly needs: string;
  /** The setting that asks for it. */
  readonly where: string;
}

/** Whether an import failed because the package is not there: one that is there and does not load is another fault. */
export function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** @throws CONFIG_INVALID if the package is not installed */
export async function importOptional<T>(
  load: () => Promise<T>,
  { name, needs, where }: OptionalPackage,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause;
    throw new MillraceError('CONFIG_INVALID', `${needs} the package ${name}`, {
      where,
      remedy: `Install it beside millrace: npm install ${name}.`,
      cause,
    });
  }
}
