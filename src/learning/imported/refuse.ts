// Why a model cannot be imported (control path).
import { MillraceError } from '../../core/errors.ts';

/** @throws MODEL_INVALID */
export function refuse(what: string, remedy: string): never {
  throw new MillraceError('MODEL_INVALID', what, { remedy });
}
