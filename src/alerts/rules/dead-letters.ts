/** Events that could not be read lie unattended. */
import { clear, firing, type StreamRule } from "../rule.ts";

export const deadLetters: StreamRule = {
  kind: "stream",
  name: "dead-letters",
  severity: "warning",
  async observe(reader, { thresholds }) {
    const count = await reader.countDeadLetters();
    return [
      {
        group: { instance: "", objectName: "", source: "" },
        judgement:
          count >= thresholds.deadLetters
            ? firing("observed", `${count} dead letters wait to be redriven or discarded`)
            : clear(`${count} dead letters`),
      },
    ];
  },
};
