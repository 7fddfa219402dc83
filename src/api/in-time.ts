/** Waiting for an answer, but not for long. */

/** @returns what the promise gives, or `otherwise` when it rejects or takes longer than that; never rejects */
export async function inTime<T>(answer: Promise<T>, timeoutMs: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
