/**
 * Slack, over an incoming webhook. Its URL is the secret: whoever has it can post.
 *
 * An incoming webhook only posts: each notification is a message of its own, and a repeated delivery shows twice.
 */
import type { AlertHook } from "../../core/alert-ports.ts";
import { type AlertTexts, createAlertTexts } from "../template.ts";
import { openReceiver, type ReceiverOptions } from "./receiver.ts";
import { slackMessage } from "./slack-message.ts";

export interface SlackHookOptions extends ReceiverOptions {
  /** Default `slack`. */
  readonly name?: string;
  readonly texts?: AlertTexts;
}

/** @throws After202Error CONFIG_INVALID: the URL */
export function createSlackHook(options: SlackHookOptions): AlertHook {
  const { name = "slack", texts = createAlertTexts() } = options;
  const receiver = openReceiver(name, options);
  return {
    name,
    deliver(payload, _deliveryId, signal) {
      return receiver.post(JSON.stringify(slackMessage(payload, texts)), {}, signal);
    },
  };
}
