// Bounds a wait (control path): what is waited for may never come.

/**
 * What `answer` resolves to, or rejects with, within the bound.
 * @param late called when it takes longer; returns the error to throw
 * @throws Error if it takes longer
 */
export async function within<T>(
  boundMs: number,
  answer: Promise<T>,
  late: () => Error = () => new Error(`no answer within ${boundMs} ms`),
): Promise<T> {
  const bound = Promise.withResolvers<never>();
  const timer = setTimeout(() => bound.reject(late()), boundMs);
  try {
    return await Promise.race([answer, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}
