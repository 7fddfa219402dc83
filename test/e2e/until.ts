/**
 * Waiting for something to become true: bounded, and telling what was waited for.
 */

/** Polls until the condition holds; a condition that throws does not hold yet. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 30_000, everyMs = 20 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let fault: unknown; ;) {
    try {
      if (await condition()) return;
    } catch (error) {
      fault = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: fault });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
