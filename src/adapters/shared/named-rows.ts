// Rows of a file whose errors say which file it is (control path).

/** @param fault the error to throw for one of the rows' */
export async function* named<T>(rows: AsyncIterable<T>, fault: (cause: unknown) => Error): AsyncGenerator<T> {
  try {
    yield* rows;
  } catch (cause) {
    throw fault(cause);
  }
}
