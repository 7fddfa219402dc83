/**
 * The child's side of child.ts: answers questions until it is told to end.
 */

type Answers = Readonly<Record<string, (params: never) => unknown>>;

/** @param close ends what was opened; the process then exits by itself, or is made to */
export function answerParent(answers: Answers, close: () => Promise<void>): void {
  process.once("disconnect", () => process.exit(1)); // whoever asks is gone
  const all: Answers = { ready: () => true, close, ...answers };
  process.on("message", (message: { id: number; question: string; params: never }) => {
    void answer(all, message);
  });
}

async function answer(
  answers: Answers,
  { id, question, params }: { id: number; question: string; params: never },
): Promise<void> {
  let reply: object;
  try {
    reply = { id, answer: await answers[question]?.(params) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const sent = new Promise((resolve) => process.send?.(reply, resolve));
  if (question !== "close") return;
  await sent;
  process.exit(0);
}
